import { createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { errorMessage } from '@batten/core'
import { controlPlaneError } from '../errors.ts'
import { type AuthorityMaterial, usableRoots } from './authority.ts'
import { encodeName, signCertificate } from './certificate.ts'
import { encodePem } from './pem.ts'
import { createSigner } from './signer.ts'

/** A root certificate and its key, both PEM. */
export interface Root {
  readonly certificate: string
  readonly privateKey: string
}

/** What a directory holds: the root that signs, the one that is announced to sign next, every root that is trusted. */
export interface StoredRoots {
  readonly current: Root
  readonly next: Root | undefined
  readonly trusted: readonly string[]
}

export const DEFAULT_ROOT_TTL_MS = 3650 * 24 * 3_600_000
const SKEW_MS = 2 * 60_000

/** Makes a root whose organization is the trust domain. */
export function createRoot(trustDomain: string, now: number, ttlMs = DEFAULT_ROOT_TTL_MS): Root {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const name = encodeName({ organization: trustDomain })
  const notBefore = Math.floor((now - SKEW_MS) / 1000) * 1000
  const certificate = signCertificate(
    {
      publicKey: createPublicKey(privateKey),
      issuer: name,
      subject: name,
      notBefore,
      notAfter: notBefore + SKEW_MS + ttlMs,
      serial: randomBytes(16),
      isAuthority: true,
    },
    privateKey,
  )
  return {
    certificate: encodePem('CERTIFICATE', certificate),
    privateKey: privateKey.export({ format: 'pem', type: 'pkcs8' }) as string,
  }
}

/** The roots as the authority uses them; expired ones are left out. */
export function rootsToMaterial(stored: StoredRoots, now: number, where = 'memory'): AuthorityMaterial {
  const { certificate, privateKey } = stored.current
  const bundle = [certificate, ...stored.trusted].join('')
  const roots = usableRoots(bundle, now)
  return {
    signer: createSigner(certificate, privateKey, [], where),
    roots: roots.length === 0 ? [certificate] : roots,
  }
}

/** @returns undefined when the directory holds no root yet */
export function readRoots(directory: string): StoredRoots | undefined {
  try {
    const read = (name: string) => readOptional(join(directory, name))
    const [certificate, privateKey, trusted] = [
      read('ca-cert.pem'),
      read('ca-key.pem'),
      read('root-cert.pem'),
    ]
    const [nextCertificate, nextKey] = [read('next-cert.pem'), read('next-key.pem')]
    const next =
      nextCertificate && nextKey ? { certificate: nextCertificate, privateKey: nextKey } : undefined
    if (privateKey === undefined && certificate === undefined) return undefined
    if (privateKey === undefined || certificate === undefined)
      throw new Error(`${privateKey === undefined ? 'ca-key.pem' : 'ca-cert.pem'} is missing`)
    // Stopped in the middle of a switch: the key was written, its certificate not yet.
    const current = next?.privateKey === privateKey ? next : { certificate, privateKey }
    return {
      current,
      next: current === next ? undefined : next,
      trusted: trusted === undefined ? [] : [trusted],
    }
  } catch (error) {
    throw directoryError(directory, error)
  }
}

/** Writes key before certificate, and each file by rename: a reader never sees half of one. */
export function writeRoots(directory: string, stored: StoredRoots): void {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    const write = (name: string, text: string, mode: number) => {
      const path = join(directory, name)
      writeFileSync(`${path}.new`, text, { mode, flush: true })
      renameSync(`${path}.new`, path)
    }
    write('root-cert.pem', stored.trusted.join(''), 0o644)
    if (stored.next !== undefined) {
      write('next-key.pem', stored.next.privateKey, 0o600)
      write('next-cert.pem', stored.next.certificate, 0o644)
    }
    write('ca-key.pem', stored.current.privateKey, 0o600)
    write('ca-cert.pem', stored.current.certificate, 0o644)
    write('cert-chain.pem', '', 0o644)
    if (stored.next === undefined)
      for (const name of ['next-key.pem', 'next-cert.pem']) rmSync(join(directory, name), { force: true })
  } catch (error) {
    throw directoryError(directory, error)
  }
}

function readOptional(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

function directoryError(directory: string, error: unknown) {
  return controlPlaneError('CA_DIRECTORY', {
    message: `the certificate authority's directory cannot be used: ${errorMessage(error)}`,
    where: directory,
    hint: 'check that the directory is writable and complete, or remove it to start with a new root',
    cause: error,
  })
}
