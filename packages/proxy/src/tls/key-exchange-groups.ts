import type { TLSSocket } from 'node:tls'
import { DER, DerReader } from './der.ts'

/** Groups that BoringSSL knows, by the names that it takes (case matters), with the one name that OpenSSL has as well. */
const NAMES: Readonly<Record<string, string>> = {
  X25519MLKEM768: 'X25519MLKEM768',
  MLKEM1024: 'MLKEM1024',
  X25519: 'X25519',
  x25519: 'X25519',
  'P-256': 'P-256',
  prime256v1: 'P-256',
  'P-384': 'P-384',
  secp384r1: 'P-384',
  'P-521': 'P-521',
  secp521r1: 'P-521',
}

const POST_QUANTUM: ReadonlySet<string> = new Set(['X25519MLKEM768', 'MLKEM1024'])

/** Envoy's default, in its order of preference. */
const DEFAULT_GROUPS: readonly string[] = ['X25519MLKEM768', 'X25519', 'P-256']

/** The one name of a group that may have several; undefined when Envoy does not know it. */
export function keyExchangeGroup(name: string): string | undefined {
  return Object.hasOwn(NAMES, name) ? NAMES[name] : undefined
}

/**
 * Groups as OpenSSL takes them (`ecdhCurve`); undefined when this OpenSSL knows none of them.
 *
 * Differs from Envoy: OpenSSL holds the certificates of TLS 1.2 to the groups as well, so that a client certificate with
 * a P-384 key needs P-384 in `ecdh_curves` there. TLS 1.3 does not.
 *
 * BoringSSL as client sends key shares for the first group and for the first one of the other kind, classical or
 * post-quantum (`*`); as server it takes its own first group that the client knows, even if that costs a round trip
 * (`/`). OpenSSL says either since 3.5 only, which is also the first one with post-quantum groups: before, those are
 * left out, and the key share of a client is taken before our preference.
 *
 * @param groups - by the names of {@link keyExchangeGroup}, best first; empty means Envoy's default
 * @param openssl - `process.versions.openssl`
 * @see https://docs.openssl.org/3.5/man3/SSL_CTX_set1_curves/
 */
export function openSslGroups(
  groups: readonly string[],
  openssl: string = process.versions.openssl,
): string | undefined {
  const wanted = groups.length === 0 ? DEFAULT_GROUPS : groups
  if (!isAtLeast35(openssl)) {
    const classical = wanted.filter((name) => !POST_QUANTUM.has(name))
    return classical.length === 0 ? undefined : classical.join(':')
  }
  const first = wanted[0]!
  const second = wanted.find((name) => POST_QUANTUM.has(name) !== POST_QUANTUM.has(first))
  return wanted.map((name) => (name === first || name === second ? `*${name}` : name)).join('/')
}

function isAtLeast35(openssl: string): boolean {
  const [major = 0, minor = 0] = openssl.split('.').map((part) => Number.parseInt(part, 10))
  return major > 3 || (major === 3 && minor >= 5)
}

/** Code points of the TLS registry. */
const BY_CODE: ReadonlyMap<number, string> = new Map([
  [23, 'P-256'],
  [24, 'P-384'],
  [25, 'P-521'],
  [29, 'X25519'],
  [514, 'MLKEM1024'],
  [4588, 'X25519MLKEM768'],
])

/** The field of a session, in OpenSSL's encoding, that has the code point of the group. */
const KEX_GROUP = 0xb3

/**
 * The group of a finished handshake; undefined when there was none, or one that Envoy does not know.
 *
 * Node tells it to clients only (and before Node 24 not all of them), but OpenSSL writes it into the session of a server.
 */
export function groupOfHandshake(socket: TLSSocket): string | undefined {
  const info = socket.getEphemeralKeyInfo() as { readonly name?: string } | null
  if (info === null) return groupOfSession(socket.getSession())
  return info.name === undefined ? undefined : keyExchangeGroup(info.name)
}

/** @internal */
export function groupOfSession(session: Buffer | undefined): string | undefined {
  if (session === undefined) return undefined
  try {
    const fields = new DerReader(session).enter(DER.sequence)
    while (!fields.isAtEnd) {
      const { tag, content } = fields.next()
      if (tag !== KEX_GROUP) continue
      const code = new DerReader(content).expect(DER.integer).content
      return BY_CODE.get(code.length > 4 ? 0 : code.readUIntBE(0, code.length))
    }
  } catch {
    // A later OpenSSL may write something else; then nothing is counted.
  }
  return undefined
}
