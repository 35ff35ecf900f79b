import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import { Counter, compileStringMatch, Gauge, Histogram } from '@batten/core'
import { afterEach } from 'vitest'
import { ConnectError } from '../../src/network/connect.ts'
import { PlainTransport } from '../../src/network/plain-transport.ts'
import type { StatScope } from '../../src/network/stat-scope.ts'
import {
  type AcceptTlsOptions,
  acceptTls,
  connectTls,
  type TlsTransport,
} from '../../src/network/tls-transport.ts'
import type { TransportHandler } from '../../src/network/transport.ts'
import { ClientTlsContext } from '../../src/tls/client-context.ts'
import { createSecretStore } from '../../src/tls/secret-store.ts'
import { SecureContextPool } from '../../src/tls/secure-contexts.ts'
import { ServerTlsContext } from '../../src/tls/server-context.ts'
import type { TlsClientConfig, TlsServerConfig } from '../../src/tls/tls-config.ts'
import { type IssuedCertificate, TestAuthority } from '../certificates.ts'

export const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

export class Stats implements StatScope {
  readonly counters = new Map<string, Counter>()
  counter(name: string): Counter {
    let counter = this.counters.get(name)
    if (counter === undefined) this.counters.set(name, (counter = new Counter()))
    return counter
  }
  gauge(): Gauge {
    return new Gauge()
  }
  histogram(): Histogram {
    return new Histogram()
  }
  /** Every counter that is not zero. */
  get counted(): Record<string, number> {
    return Object.fromEntries([...this.counters].filter(([, c]) => c.value > 0).map(([n, c]) => [n, c.value]))
  }
}

export const root = new TestAuthority('root one')
export const otherRoot = new TestAuthority('root two')
export const spiffe = (account: string) => `spiffe://cluster.local/ns/default/sa/${account}`
export const server = root.issue({ uris: [spiffe('server')] })
export const client = root.issue({ uris: [spiffe('client')] })
export const foreign = otherRoot.issue({ uris: [spiffe('client')] })
export const expired = root.issue({
  uris: [spiffe('client')],
  notBefore: new Date(Date.now() - 7_200_000),
  notAfter: new Date(Date.now() - 3_600_000),
})

export const exact = (value: string) =>
  ({ type: 'any', matcher: compileStringMatch({ exact: value }), exact: value }) as const

export interface Side {
  readonly secrets: ReturnType<typeof createSecretStore>
  readonly stats: Stats
}

export function side(certificate: IssuedCertificate | undefined, roots: string | undefined) {
  const secrets = createSecretStore()
  if (certificate !== undefined) secrets.set({ kind: 'certificate', name: 'default', ...certificate })
  if (roots !== undefined) secrets.set({ kind: 'validation', name: 'ROOTCA', trustedCa: roots })
  return { secrets, stats: new Stats(), pool: new SecureContextPool(secrets) }
}

export const common = {
  certificate: 'default' as string | undefined,
  validation: 'ROOTCA' as string | undefined,
  alpn: ['istio', 'http/1.1'] as readonly string[],
  minVersion: 'TLSv1.2' as const,
  maxVersion: 'TLSv1.3' as const,
  ciphers: '',
  groups: [],
  signatureAlgorithms: [],
  subjectAltNames: [] as TlsServerConfig['subjectAltNames'],
}

export interface PairOptions {
  readonly server?: Partial<TlsServerConfig>
  readonly client?: Partial<TlsClientConfig>
  readonly serverSecrets?: IssuedCertificate
  readonly serverRoots?: string
  readonly clientSecrets?: IssuedCertificate
  readonly clientRoots?: string
  readonly accept?: Partial<AcceptTlsOptions>
  /** Read the ClientHello before TLS takes over, as an inspector does. */
  readonly peek?: boolean
}

/** A TLS echo server and a way to connect to it; both ends count. */
export async function pair(options: PairOptions = {}) {
  const serverSide = side(options.serverSecrets ?? server, options.serverRoots ?? root.certificate)
  const clientSide = side(options.clientSecrets ?? client, options.clientRoots ?? root.certificate)
  const serverContext = new ServerTlsContext(
    { ...common, requireClientCertificate: true, ...options.server },
    serverSide.pool,
    serverSide.stats,
  )
  const clientContext = new ClientTlsContext(
    { ...common, sni: 'Svc.Example', ...options.client },
    clientSide.pool,
    clientSide.stats,
  )
  const accepted: (TlsTransport | ConnectError)[] = []
  const listener = createServer({ pauseOnConnect: true, allowHalfOpen: true }, (socket) => {
    const go = (plain: typeof socket, peeked: Uint8Array) =>
      acceptTls(plain, serverContext, { timeoutMs: 5000, peeked, ...options.accept }, (result) => {
        accepted.push(result)
        if (result instanceof ConnectError) return
        cleanups.push(() => result.destroy())
        result.handler = echo(result)
      })
    if (!options.peek) return go(socket, Buffer.alloc(0))
    const plain = PlainTransport.accept(socket)!
    plain.handler = {
      onData: (chunk) => {
        const copy = Buffer.from(chunk)
        go(plain.release(), copy)
      },
      onEnd() {},
      onDrain() {},
      onClose() {},
    }
  })
  await listening(listener)
  const { port } = listener.address() as { port: number }
  return {
    accepted,
    port,
    serverContext,
    server: serverSide as Side,
    client: clientSide as Side,
    connect: () =>
      new Promise<TlsTransport | ConnectError>((resolve) => {
        connectTls({ host: '127.0.0.1', port }, clientContext, { timeoutMs: 5000 }, (result) => {
          if (!(result instanceof ConnectError)) cleanups.push(() => result.destroy())
          resolve(result)
        })
      }),
  }
}

export async function listening(listener: Server): Promise<void> {
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  cleanups.push(() => listener.close())
}

function echo(transport: TlsTransport): TransportHandler {
  return {
    onData: (chunk) => void transport.writeBytes(chunk),
    onEnd: () => transport.end(),
    onDrain() {},
    onClose() {},
  }
}

/** Sends text and resolves with all that comes back before the end, or with the error of the close. */
export function exchange(transport: TlsTransport | ConnectError, text: string): Promise<string> {
  if (transport instanceof ConnectError) return Promise.reject(transport)
  return new Promise((resolve) => {
    let answer = ''
    transport.handler = {
      onData(chunk) {
        answer += chunk.toString('latin1')
        if (answer.length === text.length) transport.end()
      },
      onEnd: () => transport.end(),
      onDrain() {},
      onClose: (error) =>
        resolve(error === undefined ? answer : `error: ${(error as NodeJS.ErrnoException).code}`),
    }
    transport.writeLatin1(text)
  })
}
