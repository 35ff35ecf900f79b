import { type Clock, errorMessage, type Logger, silentLogger, systemClock } from '@batten/core'
import { codec, contentVersion, shortTypeName, TYPE_URLS } from '@batten/xds'
import { ServerCredentials } from '@grpc/grpc-js'
import type { CertificateAuthority } from '../ca/authority.ts'
import { createCaService, ISTIO_CA_SERVICE } from '../ca/istio-ca-service.ts'
import { splitCertificates } from '../ca/pem.ts'
import type { TokenAuthenticator } from '../ca/tokens.ts'
import type { ControlPlaneMetrics } from '../metrics.ts'
import type { XdsNode } from '../model/node.ts'
import type { Resource, ResourceView } from '../model/resource.ts'
import type { MeshSnapshot } from '../model/snapshot.ts'
import { ADS_SERVICE, AdsService, type AdsServiceLimits, type Connection } from './ads-service.ts'
import type { NodeSnapshot } from './ads-stream.ts'
import { CallAuthenticator, type CallerIdentity } from './authenticate.ts'
import { GrpcServer, type GrpcServerLimits } from './grpc-server.ts'
import { PushQueue } from './push-queue.ts'
import { NO_RESOURCES, type ResourceMap } from './resource-overlay.ts'
import { MeshServerCredentials } from './server-credentials.ts'
import type { AckEvent, PushEvent, SettledEvent } from './stream-events.ts'

/** Says what a node is served: the `Translator`, or a test's own resources. */
export interface ViewSource {
  /** The same object for as long as nothing in it changed. */
  view(snapshot: MeshSnapshot, node: XdsNode): ResourceView
}

export interface XdsServerOptions {
  readonly translator: ViewSource
  readonly authority: CertificateAuthority
  readonly tokens: readonly TokenAuthenticator[]
  readonly metrics: ControlPlaneMetrics
  /** Address to listen on. Default: `127.0.0.1`. */
  readonly host?: string
  /** Plaintext, without authentication; undefined is off, 0 is any free port. */
  readonly plaintextPort?: number | undefined
  /** TLS, with a client certificate or token; undefined is off, 0 is any free port. */
  readonly tlsPort?: number | undefined
  /** Names under which proxies call the TLS port. */
  readonly serverNames?: readonly string[]
  /** What responses call their sender. */
  readonly identifier: string
  readonly limits?: Partial<AdsServiceLimits & GrpcServerLimits>
  readonly clock?: Clock
  readonly random?: () => number
  readonly log?: Logger
  readonly onPush?: (event: PushEvent) => void
  readonly onAck?: (event: AckEvent) => void
  readonly onSettled?: (event: SettledEvent) => void
}

/** Work on one push before other things get a turn. */
const SLICE_MS = 10
/** Distinct reasons of rejection that are remembered, so that each is logged once. */
const MAX_REMEMBERED_REASONS = 1000

const proxyConfigs = codec('istio.mesh.v1alpha1.ProxyConfig')

/**
 * Serves every node its view of the newest snapshot, over ADS in both forms, and signs workload certificates on the
 * same ports.
 */
export class XdsServer {
  readonly #options: XdsServerOptions
  readonly #clock: Clock
  readonly #log: Logger
  readonly #metrics: ControlPlaneMetrics
  readonly #authenticator: CallAuthenticator
  readonly #ads: AdsService
  readonly #queue: PushQueue
  readonly #servers: GrpcServer[] = []
  readonly #reasons = new Set<string>()
  readonly #unsubscribe: () => void
  readonly #waiters = new Set<(error?: Error) => void>()
  #credentials: MeshServerCredentials | undefined
  #snapshot: MeshSnapshot | undefined
  #trustBundle: ResourceMap
  #plaintext: GrpcServer | undefined
  #tls: GrpcServer | undefined

  constructor(options: XdsServerOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#log = options.log ?? silentLogger
    this.#metrics = options.metrics
    const { authority } = options
    this.#authenticator = new CallAuthenticator([authority.trustDomain], options.tokens)
    this.#trustBundle = trustBundleResources(authority.trustBundle)
    this.#metrics.rootExpiry.set(authority.signingCertificate.validToDate.getTime() / 1000)
    this.#ads = new AdsService({
      identifier: options.identifier,
      authenticator: this.#authenticator,
      trustDomain: authority.trustDomain,
      isReady: () => this.#snapshot !== undefined,
      snapshotFor: (node, identity) => this.#snapshotFor(node, identity, undefined),
      events: {
        pushed: (event) => this.#pushed(event),
        acknowledged: (event) => this.#acknowledged(event),
        settled: (event) => this.#settled(event),
        staleNonce: (_, typeUrl) => this.#metrics.staleNonces(typeUrl).inc(),
      },
      onRefused: (error) => this.#metrics.refusedStreams(error.code).inc(),
      onConnections: (count) => {
        this.#metrics.connections.set(count)
        this.#wakeWaiters()
      },
      clock: this.#clock,
      log: this.#log,
      ...(options.limits === undefined ? {} : { limits: options.limits }),
      ...(options.random === undefined ? {} : { random: options.random }),
    })
    this.#queue = new PushQueue({ clock: this.#clock, push: (batch) => this.#push(batch.firstChangeAt) })
    this.#unsubscribe = authority.onTrustBundle((bundle) => {
      this.#trustBundle = trustBundleResources(bundle)
      this.#metrics.rootExpiry.set(authority.signingCertificate.validToDate.getTime() / 1000)
      this.#trigger('trust_bundle')
    })
  }

  /** Where the plaintext port listens, `host:port`. */
  get plaintextAddress(): string | undefined {
    return this.#plaintext?.address
  }

  get tlsAddress(): string | undefined {
    return this.#tls?.address
  }

  /** Streams whose node is known, by connection id. */
  get connections(): ReadonlyMap<string, Connection> {
    return this.#ads.connections
  }

  /** The newest snapshot, also before it is pushed. */
  get snapshot(): MeshSnapshot | undefined {
    return this.#snapshot
  }

  /** @throws BattenError `SERVER_BIND_FAILED` */
  async listen(): Promise<void> {
    const { plaintextPort, tlsPort } = this.#options
    try {
      if (plaintextPort !== undefined)
        this.#plaintext = await this.#open(plaintextPort, ServerCredentials.createInsecure(), false)
      if (tlsPort !== undefined) {
        this.#credentials = new MeshServerCredentials({
          authority: this.#options.authority,
          names: this.#options.serverNames ?? DEFAULT_SERVER_NAMES,
          clock: this.#clock,
          log: this.#log,
        })
        this.#tls = await this.#open(tlsPort, this.#credentials, true)
      }
    } catch (error) {
      await this.close()
      throw error
    }
  }

  /** The mesh changed; nodes are told soon. The first snapshot opens the server to nodes. */
  update(snapshot: MeshSnapshot, reason = 'config'): void {
    const isFirst = this.#snapshot === undefined
    this.#snapshot = snapshot
    this.#metrics.services.set(snapshot.services.size)
    if (isFirst) this.#wakeWaiters()
    else this.#trigger(reason)
  }

  /** Whether every connected node has answered for everything of the newest snapshot. */
  get isServed(): boolean {
    if (this.#snapshot === undefined || !this.#queue.isIdle) return false
    const { revision } = this.#snapshot
    for (const { stream } of this.connections.values()) if (stream.settledRevision !== revision) return false
    return true
  }

  /** Resolves when {@link isServed} is true; rejects with the signal's reason. */
  whenServed(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    if (this.isServed) return Promise.resolve()
    return new Promise((resolve, reject) => {
      const waiter = (error?: Error) => {
        signal?.removeEventListener('abort', onAbort)
        if (error === undefined) resolve()
        else reject(error)
      }
      const onAbort = () => {
        this.#waiters.delete(waiter)
        reject(signal!.reason)
      }
      signal?.addEventListener('abort', onAbort, { once: true })
      this.#waiters.add(waiter)
    })
  }

  async close(): Promise<void> {
    this.#unsubscribe()
    this.#queue.close()
    this.#credentials?.close()
    for (const waiter of this.#waiters) waiter(new Error('the control plane was closed'))
    this.#waiters.clear()
    this.#ads.close()
    await Promise.all(this.#servers.map((server) => server.close()))
  }

  async #open(port: number, credentials: ServerCredentials, isSecure: boolean): Promise<GrpcServer> {
    const server = new GrpcServer(this.#options.host ?? '127.0.0.1', this.#options.limits)
    server.addService(ADS_SERVICE, this.#ads.handlers(isSecure))
    server.addService(
      ISTIO_CA_SERVICE,
      createCaService({
        authority: this.#options.authority,
        // A token must not travel in plaintext, so nobody is known there.
        authenticate: async (call) => (isSecure ? this.#authenticator.authenticate(call) : undefined),
        log: this.#log,
        events: {
          requested: () => this.#metrics.csrRequests.inc(),
          issued: () => this.#metrics.certificatesIssued.inc(),
          failed: (reason) => this.#countFailure(reason),
        },
      }),
    )
    this.#servers.push(server)
    await server.listen(port, credentials)
    return server
  }

  #countFailure(reason: 'authentication' | 'request' | 'signing'): void {
    if (reason === 'authentication') this.#metrics.authenticationFailures.inc()
    else if (reason === 'request') this.#metrics.csrParsingErrors.inc()
    else this.#metrics.csrSigningErrors.inc()
  }

  #trigger(reason: string): void {
    this.#metrics.pushTriggers(reason).inc()
    this.#queue.enqueue()
  }

  /** Hands the newest snapshot to every stream, a slice at a time. */
  async #push(changedAt: number): Promise<void> {
    const start = this.#clock.monotonicMs()
    this.#metrics.debounce.observe((start - changedAt) / 1000)
    let sliceStart = start
    for (const connection of [...this.connections.values()]) {
      const now = this.#clock.monotonicMs()
      if (now - sliceStart > SLICE_MS) {
        await new Promise((resolve) => setImmediate(resolve))
        sliceStart = this.#clock.monotonicMs()
      }
      if (!this.connections.has(connection.id)) continue
      this.#metrics.queueTime.observe((now - start) / 1000)
      this.#pushTo(connection, changedAt)
    }
    this.#wakeWaiters()
  }

  #pushTo({ stream, identity }: Connection, changedAt: number): void {
    const { node } = stream
    if (node === undefined) return
    try {
      stream.push(this.#snapshotFor(node, identity, changedAt))
    } catch (error) {
      // The node keeps what it has; the others go on.
      this.#log.error('a node could not be served the newest snapshot', { node: node.id, error })
      this.#metrics.refusedStreams('translate').inc()
    }
  }

  #snapshotFor(
    node: XdsNode,
    identity: CallerIdentity | undefined,
    changedAt: number | undefined,
  ): NodeSnapshot {
    const snapshot = this.#snapshot!
    const view = this.#withOwnResources(this.#options.translator.view(snapshot, node), identity)
    return { view, revision: snapshot.revision, ...(changedAt === undefined ? {} : { changedAt }) }
  }

  /** Adds the trust bundle, and takes secrets from nodes that have not shown who they are. */
  #withOwnResources(view: ResourceView, identity: CallerIdentity | undefined): ResourceView {
    const trustBundle = this.#trustBundle
    return {
      resources: (typeUrl) => {
        if (typeUrl === TYPE_URLS.PCDS) return trustBundle
        if (typeUrl === TYPE_URLS.SDS && identity === undefined) return NO_RESOURCES
        return view.resources(typeUrl)
      },
    }
  }

  #pushed(event: PushEvent): void {
    this.#metrics.pushes(event.typeUrl).inc()
    this.#metrics.configSize(event.typeUrl).observe(event.bytes)
    this.#log.debug(`${shortTypeName(event.typeUrl)}: PUSH`, {
      node: event.node.id,
      resources: event.resources.length,
      removed: event.removed.length,
      bytes: event.bytes,
      nonce: event.nonce,
    })
    this.#notify(this.#options.onPush, event)
  }

  #acknowledged(event: AckEvent): void {
    this.#metrics.pushTime(event.typeUrl).observe(event.durationMs / 1000)
    if (event.error !== undefined) this.#rejected(event, event.error)
    this.#notify(this.#options.onAck, event)
  }

  #rejected(event: AckEvent, error: string): void {
    this.#metrics.rejects(event.typeUrl).inc()
    const key = `${event.typeUrl}\0${error}`
    const fields = { node: event.node.id, resources: event.resources, error }
    const text = `${shortTypeName(event.typeUrl)}: ACK ERROR`
    if (this.#reasons.has(key)) this.#log.debug(text, fields)
    else {
      if (this.#reasons.size >= MAX_REMEMBERED_REASONS) this.#reasons.clear()
      this.#reasons.add(key)
      this.#log.warn(text, fields)
    }
  }

  #settled(event: SettledEvent): void {
    if (event.convergenceMs !== undefined) this.#metrics.convergence.observe(event.convergenceMs / 1000)
    this.#notify(this.#options.onSettled, event)
    this.#wakeWaiters()
  }

  #wakeWaiters(): void {
    if (this.#waiters.size === 0) return
    // The stream that has just settled says so before it is over with its flush.
    setImmediate(() => {
      if (!this.isServed) return
      for (const waiter of this.#waiters) waiter()
      this.#waiters.clear()
    })
  }

  /** A listener that fails is its own problem. */
  #notify<E>(listener: ((event: E) => void) | undefined, event: E): void {
    try {
      listener?.(event)
    } catch (error) {
      this.#log.error('a listener of the xDS server failed', { error: errorMessage(error) })
    }
  }
}

/** The names that Istio's bootstrap uses, and this machine. */
export const DEFAULT_SERVER_NAMES: readonly string[] = [
  'istiod.istio-system.svc',
  'istiod.istio-system.svc.cluster.local',
  'localhost',
  '127.0.0.1',
  '::1',
]

/** PCDS: how proxies learn of a new root before a peer's certificate comes from it. */
function trustBundleResources(bundle: string): ResourceMap {
  const value = proxyConfigs.encode({ caCertificatesPem: splitCertificates(bundle) })
  const resource: Resource = {
    typeUrl: TYPE_URLS.PCDS,
    name: 'default',
    version: contentVersion(value),
    value,
  }
  return new Map([[resource.name, resource]])
}
