import { createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'yaml'
import { bits, element, integer, objectId, octets, sequence, TRUE, text, utcTime } from './certificate-der.ts'

/** One entry of a `certificates.yaml`: everything has a default that makes a good leaf. */
interface CertificateSpec {
  /** Who signs; itself without it. Comes earlier in the file. */
  readonly issuer?: string
  readonly authority?: boolean
  readonly commonName?: string
  readonly organization?: string
  readonly uris?: readonly string[]
  readonly dns?: readonly string[]
  readonly addresses?: readonly string[]
  readonly emails?: readonly string[]
  /** Default `p256`. */
  readonly key?: 'p256' | 'p384' | 'rsa' | 'ed25519'
  /** Hours from now; default -1 and 24. */
  readonly validFrom?: number
  readonly validTo?: number
  /** Extended usages; default both. */
  readonly usages?: readonly ('client' | 'server')[]
  /** The bits of the key usage extension; default digitalSignature and keyEncipherment, or keyCertSign. */
  readonly keyUsage?: readonly number[]
  /** Leaves intermediates out of the file. */
  readonly withoutChain?: boolean
}

interface Issued {
  readonly name: Buffer
  readonly privateKey: KeyObject
  readonly pem: string
  /** Issuers below the root, nearest first. */
  readonly chain: string
}

const HOUR_MS = 3_600_000
const shared = new Map<string, { readonly folder: string; users: number }>()

/**
 * The folder with the certificates of a `certificates.yaml`: for each name `<name>.pem` (with its intermediates) and
 * `<name>.key`. All who hold it at a time get the same one, so that all proxies have the same certificates.
 */
export function acquireCertificates(file: string): string {
  let entry = shared.get(file)
  if (entry === undefined) {
    entry = { folder: mkdtempSync(join(tmpdir(), 'batten-certificates-')), users: 0 }
    shared.set(file, entry)
    issueAll(file, entry.folder)
  }
  entry.users++
  return entry.folder
}

/** The last one who releases a folder takes it away. */
export function releaseCertificates(folder: string): void {
  for (const [file, entry] of shared) {
    if (entry.folder !== folder || --entry.users > 0) continue
    shared.delete(file)
    rmSync(folder, { recursive: true, force: true })
  }
}

function issueAll(file: string, folder: string): void {
  const issued = new Map<string, Issued>()
  const specs = parse(readFileSync(file, 'utf8')) as Record<string, CertificateSpec | null>
  for (const [name, spec] of Object.entries(specs)) {
    const issuer = spec?.issuer === undefined ? undefined : issued.get(spec.issuer)
    if (spec?.issuer !== undefined && issuer === undefined)
      throw new Error(`${file}: ${name} is issued by ${spec.issuer}, which is not above it`)
    const made = issue(name, spec ?? {}, issuer)
    issued.set(name, made)
    writeFileSync(join(folder, `${name}.pem`), made.pem + (spec?.withoutChain ? '' : (issuer?.chain ?? '')))
    writeFileSync(join(folder, `${name}.key`), made.privateKey.export({ type: 'pkcs8', format: 'pem' }))
  }
}

function issue(name: string, spec: CertificateSpec, issuer: Issued | undefined): Issued {
  const privateKey = newKey(spec.key ?? 'p256')
  const isAuthority = spec.authority ?? false
  const subject = distinguishedName(spec.commonName ?? (isAuthority ? name : ''), spec.organization)
  const signer = issuer?.privateKey ?? privateKey
  const algorithm = algorithmOf(signer)
  const tbs = sequence(
    element(0xa0, integer(Buffer.from([2]))),
    integer(Buffer.concat([Buffer.from([0x11]), randomBytes(11)])),
    algorithm,
    issuer?.name ?? subject,
    sequence(utcTime(hoursFromNow(spec.validFrom ?? -1)), utcTime(hoursFromNow(spec.validTo ?? 24))),
    subject,
    createPublicKey(privateKey as unknown as Parameters<typeof createPublicKey>[0]).export({
      type: 'spki',
      format: 'der',
    }),
    element(0xa3, sequence(...extensions(spec, isAuthority))),
  )
  const signature = sign(signer.asymmetricKeyType === 'ed25519' ? null : 'sha256', tbs, signer)
  const der = sequence(tbs, algorithm, bits(signature))
  const lines = der.toString('base64').match(/.{1,64}/g)!
  const pem = ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n')
  return { name: subject, privateKey, pem, chain: issuer === undefined ? '' : pem + issuer.chain }
}

function extensions(spec: CertificateSpec, isAuthority: boolean): Buffer[] {
  const names = [
    ...(spec.emails ?? []).map((email) => element(0x81, Buffer.from(email))),
    ...(spec.dns ?? []).map((dns) => element(0x82, Buffer.from(dns))),
    ...(spec.uris ?? []).map((uri) => element(0x86, Buffer.from(uri))),
    ...(spec.addresses ?? []).map((address) => element(0x87, addressBytes(address))),
  ]
  const usages = spec.usages ?? ['server', 'client']
  const purposes = usages.map((usage) => objectId(`1.3.6.1.5.5.7.3.${usage === 'server' ? 1 : 2}`))
  return [
    extension('2.5.29.19', true, isAuthority ? sequence(TRUE) : sequence()),
    extension('2.5.29.15', true, keyUsage(spec.keyUsage ?? (isAuthority ? [5, 6] : [0, 2]))),
    ...(isAuthority || usages.length === 0 ? [] : [extension('2.5.29.37', false, sequence(...purposes))]),
    ...(names.length === 0 ? [] : [extension('2.5.29.17', false, sequence(...names))]),
  ]
}

function extension(id: string, isCritical: boolean, value: Buffer): Buffer {
  return sequence(objectId(id), ...(isCritical ? [TRUE] : []), octets(value))
}

function keyUsage(numbers: readonly number[]): Buffer {
  let value = 0
  for (const number of numbers) value |= 0x80 >> number
  return bits(Buffer.from([value]), 7 - Math.max(0, ...numbers))
}

function distinguishedName(commonName: string, organization: string | undefined): Buffer {
  const attribute = (id: string, value: string | undefined) =>
    value === undefined || value === '' ? [] : [element(0x31, sequence(objectId(id), text(value)))]
  return sequence(...attribute('2.5.4.10', organization), ...attribute('2.5.4.3', commonName))
}

function newKey(kind: NonNullable<CertificateSpec['key']>): KeyObject {
  switch (kind) {
    case 'p256':
      return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
    case 'p384':
      return generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey
    case 'rsa':
      return generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
    case 'ed25519':
      return generateKeyPairSync('ed25519').privateKey
  }
}

function algorithmOf(signer: KeyObject): Buffer {
  switch (signer.asymmetricKeyType) {
    case 'rsa':
      return sequence(objectId('1.2.840.113549.1.1.11'), element(0x05))
    case 'ed25519':
      return sequence(objectId('1.3.101.112'))
    default:
      return sequence(objectId('1.2.840.10045.4.3.2'))
  }
}

function addressBytes(address: string): Buffer {
  if (isIP(address) !== 4) throw new Error(`${address} is no IPv4 address`)
  return Buffer.from(address.split('.').map(Number))
}

function hoursFromNow(hours: number): Date {
  return new Date(Date.now() + hours * HOUR_MS)
}
