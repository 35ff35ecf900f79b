import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { errorMessage, systemClock } from '@batten/core'
import { controlPlaneError } from '../errors.ts'
import {
  type AuthorityMaterial,
  type AuthorityOptions,
  CertificateAuthority,
  usableRoots,
} from './authority.ts'
import { splitCertificates } from './pem.ts'
import { createSigner } from './signer.ts'

/**
 * An authority whose signing certificate comes from outside: a directory with `ca-cert.pem`, `ca-key.pem`,
 * `cert-chain.pem` (what is between a leaf and the root, the signing certificate first) and `root-cert.pem`.
 *
 * @throws BattenError `CA_DIRECTORY` when a file is missing, or when the chain does not lead to one of the roots
 * @see https://istio.io/latest/docs/tasks/security/cert-management/plugin-ca-cert/
 */
export function loadPluggedInAuthority(
  directory: string,
  options: AuthorityOptions = {},
): CertificateAuthority {
  const clock = options.clock ?? systemClock
  return new CertificateAuthority(readPluggedIn(directory, clock.now()), options)
}

/** Reads and checks the four files; called again when they change. */
export function readPluggedIn(directory: string, now: number): AuthorityMaterial {
  const read = (name: string) => {
    try {
      return readFileSync(join(directory, name), 'utf8')
    } catch (error) {
      throw pluggedInError(directory, `${name}: ${errorMessage(error)}`, error)
    }
  }
  const certificates = [read('ca-cert.pem'), read('cert-chain.pem'), read('root-cert.pem')]
  const key = read('ca-key.pem')
  let own: string[]
  let chain: string[]
  let roots: string[]
  try {
    own = splitCertificates(certificates[0]!)
    chain = splitCertificates(certificates[1]!)
    roots = usableRoots(certificates[2]!, now)
  } catch (error) {
    throw pluggedInError(directory, errorMessage(error), error)
  }
  const signing = own[0]
  if (signing === undefined) throw pluggedInError(directory, 'ca-cert.pem holds no certificate')
  if (roots.length === 0) throw pluggedInError(directory, 'root-cert.pem holds no root that is valid now')
  // Peers get the signing certificate too, unless it is a root that they have already.
  const between = (chain[0] === signing ? chain : [signing, ...chain]).filter((pem) => !roots.includes(pem))
  checkChain(directory, [signing, ...between.slice(between[0] === signing ? 1 : 0)], roots)
  return { signer: createSigner(signing, key, between, directory), roots }
}

/** Each certificate is issued by the next; the last one is a root or issued by one. */
function checkChain(directory: string, chain: readonly string[], roots: readonly string[]): void {
  const parsed = chain.map((pem) => new X509Certificate(pem))
  for (const [i, certificate] of parsed.entries()) {
    const issuer = parsed[i + 1]
    if (issuer !== undefined && isIssuedBy(certificate, issuer)) continue
    if (roots.some((pem) => pem === chain[i] || isIssuedBy(certificate, new X509Certificate(pem)))) return
    throw pluggedInError(
      directory,
      `"${certificate.subject.replace(/\n/g, ', ')}" is not issued by ${issuer === undefined ? 'a root of root-cert.pem' : 'the next certificate of cert-chain.pem'}`,
    )
  }
}

function isIssuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey)
}

function pluggedInError(directory: string, reason: string, cause?: unknown) {
  return controlPlaneError('CA_DIRECTORY', {
    message: `the plugged-in certificate authority cannot be used: ${reason}`,
    where: directory,
    hint: 'the directory needs ca-cert.pem, ca-key.pem, cert-chain.pem and root-cert.pem that belong together',
    cause,
  })
}
