import { isIP } from 'node:net'
import type { Clock } from '@batten/core'
import type { GrpcServerAddress } from '../grpc/grpc-channel.ts'
import type { ConnectTarget } from '../network/connect.ts'
import { StatsStore } from '../telemetry/stats.ts'
import { createSecretStore } from '../tls/secret-store.ts'
import { SecureContextPool } from '../tls/secure-contexts.ts'
import { socketTransports } from '../upstream/transport-factory.ts'
import type { CaTransport } from './ca-client.ts'

/** Where a CA is and how it is talked to, for one call. */
export type CaEndpoint = GrpcServerAddress

/** As gRPC has it. */
const DEFAULT_PORT = 443
const ROOTS = 'roots of the CA'

/**
 * @param address - `host:port`, `unix:/path`, or either in the words of gRPC (`dns:///host:port`)
 * @param roots - PEM; for TLS
 */
export function caEndpointOf(
  address: string,
  transport: CaTransport,
  roots: string | undefined,
  clock: Clock,
): CaEndpoint {
  const target = targetOf(address)
  const secrets = createSecretStore()
  const createTransports = socketTransports(new SecureContextPool(secrets), clock)
  const stats = new StatsStore().scope('cluster', 'ca')
  if (transport.kind === 'plaintext' || roots === undefined)
    return { target, isTls: false, transports: createTransports({ kind: 'plain' }, stats) }
  secrets.set({ kind: 'validation', name: ROOTS, trustedCa: roots })
  const peerName = transport.serverName ?? ('path' in target ? 'localhost' : target.host)
  const tls = {
    certificate: undefined,
    validation: ROOTS,
    alpn: ['h2'],
    minVersion: 'TLSv1.2',
    maxVersion: 'TLSv1.3',
    ciphers: '',
    groups: [],
    signatureAlgorithms: [],
    subjectAltNames: [],
    sni: isIP(peerName) === 0 ? peerName : '',
  } as const
  return { target, isTls: true, peerName, transports: createTransports({ kind: 'tls', tls }, stats) }
}

function targetOf(address: string): ConnectTarget {
  const unix = /^unix:(?:\/\/(?=\/))?(.+)$/.exec(address)
  if (unix !== null) return { path: unix[1]! }
  const plain = address.replace(/^(?:dns|ipv4|ipv6):(?:\/\/[^/]*\/)?(?=.*[^0-9])/, '')
  const bracketed = /^\[([^\]]+)\](?::([0-9]+))?$/.exec(plain)
  const found = bracketed ?? /^([^:]+)(?::([0-9]+))?$/.exec(plain)
  if (found === null) return { host: plain, port: DEFAULT_PORT }
  return { host: found[1]!, port: found[2] === undefined ? DEFAULT_PORT : Number(found[2]) }
}
