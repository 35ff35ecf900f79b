import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { FilterChainConfig, FilterChainMatch, ListenerConfig } from '../src/listener/listener-config.ts'
import { ListenerManager, type ListenerManagerOptions } from '../src/listener/listener-manager.ts'
import type { Connection } from '../src/network/connection.ts'
import type { ConnectionHandle, NetworkFilterFactory } from '../src/network/filter.ts'
import type { Transport } from '../src/network/transport.ts'
import { createSecretStore } from '../src/tls/secret-store.ts'
import { SecureContextPool } from '../src/tls/secure-contexts.ts'
import type { TlsServerConfig } from '../src/tls/tls-config.ts'
import { TestAuthority } from './certificates.ts'
import { TestStats } from './test-stats.ts'

const cleanups: (() => unknown)[] = []
const cleanup = (undo: () => unknown) => void cleanups.push(undo)

/** Undoes what the fixtures did; for `afterEach`. */
export async function cleanUp(): Promise<void> {
  for (const undo of cleanups.splice(0).reverse()) await undo()
}

export const authority = new TestAuthority()
export const anything: FilterChainMatch = {
  destinationPort: undefined,
  prefixRanges: [],
  serverNames: [],
  transportProtocol: '',
  applicationProtocols: [],
  directSourcePrefixRanges: [],
  sourceType: 'any',
  sourcePrefixRanges: [],
  sourcePorts: [],
}
export const tls: TlsServerConfig = {
  certificate: 'default',
  validation: 'ROOTCA',
  alpn: ['istio', 'http/1.1'],
  minVersion: 'TLSv1.2',
  maxVersion: 'TLSv1.3',
  ciphers: '',
  groups: [],
  signatureAlgorithms: [],
  subjectAltNames: [],
  requireClientCertificate: false,
}

/**
 * Answers each line with `<name>:<line>`. Like an HTTP connection manager it ends a draining connection after the
 * next answer.
 */
export class LineFilter implements NetworkFilterFactory {
  readonly name: string
  readonly terminal = true
  readonly connections: Connection[] = []
  isClosed = false

  constructor(name: string) {
    this.name = name
  }

  onConnection(transport: Transport, connection: Connection): ConnectionHandle {
    this.connections.push(connection)
    let isDraining = false
    transport.handler = {
      onData: (chunk) => {
        transport.writeLatin1(`${this.name}:${chunk.toString('latin1')}`)
        if (isDraining) transport.end()
      },
      onEnd: () => transport.end(),
      onDrain() {},
      onClose() {},
    }
    return {
      drain() {
        isDraining = true
      },
      close: () => transport.destroy(),
      get closed() {
        return transport.closed
      },
    }
  }

  close(): void {
    this.isClosed = true
  }
}

export const chain = (
  filter: NetworkFilterFactory,
  options: Partial<FilterChainConfig> = {},
): FilterChainConfig => ({
  name: filter.name,
  match: anything,
  tls: undefined,
  transportSocketConnectTimeoutMs: undefined,
  filters: [filter],
  version: filter.name,
  ...options,
})

export const listener = (
  filterChains: FilterChainConfig[],
  options: Partial<ListenerConfig> = {},
): ListenerConfig => ({
  name: 'l',
  address: { host: '127.0.0.1', port: 0 },
  additionalAddresses: [],
  bindToPort: true,
  direction: 'inbound',
  statPrefix: 'test',
  filterChains,
  defaultFilterChain: undefined,
  inspectors: { tls: false, http: false },
  listenerFiltersTimeoutMs: 15_000,
  continueOnListenerFiltersTimeout: false,
  connectionBufferLimitBytes: 1 << 20,
  maxConnections: 0,
  backlog: 0,
  version: JSON.stringify([filterChains.map((c) => c.version), options]),
  ...options,
})

export function manager(options: Partial<ListenerManagerOptions> = {}) {
  const secrets = createSecretStore()
  secrets.set({
    kind: 'certificate',
    name: 'default',
    ...authority.issue({ uris: ['spiffe://td/ns/a/sa/b'] }),
  })
  secrets.set({ kind: 'validation', name: 'ROOTCA', trustedCa: authority.certificate })
  const stats = new TestStats()
  const listeners = new ListenerManager({ stats, contexts: new SecureContextPool(secrets), ...options })
  cleanup(() => listeners.close())
  const portOf = (name = 'l') => (listeners.get(name)!.addresses[0] as { port: number }).port
  return { listeners, stats, secrets, portOf }
}

export async function open(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1' })
  cleanup(() => socket.destroy())
  await once(socket, 'connect')
  return socket
}

/** Writes a line and resolves with what comes next, or with `closed`. */
export async function ask(socket: Socket, line: string): Promise<string> {
  const answer = Promise.withResolvers<string>()
  const onData = (data: Buffer) => answer.resolve(data.toString())
  const onClose = () => answer.resolve('closed')
  socket.once('data', onData).once('close', onClose)
  socket.on('error', () => {})
  socket.write(line)
  const text = await answer.promise
  socket.off('data', onData).off('close', onClose)
  return text
}

export const closeOf = (socket: Socket) =>
  socket.destroyed
    ? Promise.resolve()
    : new Promise<void>((resolve) => socket.resume().once('close', () => resolve()))

export async function until(test: () => boolean): Promise<void> {
  while (!test()) await new Promise((resolve) => setTimeout(resolve, 1))
}
