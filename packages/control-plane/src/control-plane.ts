import { type Clock, type Logger, silentLogger, systemClock, type Timer } from '@batten/core'
import { TYPE_URLS } from '@batten/xds'
import type { CertificateAuthority } from './ca/authority.ts'
import { createDevelopmentTokens, type DevelopmentTokens } from './ca/development-tokens.ts'
import { createSelfSignedAuthority } from './ca/self-signed.ts'
import type { TokenAuthenticator } from './ca/tokens.ts'
import { PushLog } from './debug/push-log.ts'
import { DebugServer } from './debug/server.ts'
import { controlPlaneError } from './errors.ts'
import { WasmModules } from './ingest/wasm-modules.ts'
import { ControlPlaneMetrics } from './metrics.ts'
import { isEqual } from './model/equal.ts'
import { compareFindings, type Finding } from './model/finding.ts'
import type { MeshConfig } from './model/mesh-config.ts'
import { createModel, type Model } from './model/model.ts'
import type { MeshSnapshot } from './model/snapshot.ts'
import type { ObjectSource } from './model/source.ts'
import type { AdsServiceLimits } from './serve/ads-service.ts'
import type { GrpcServerLimits } from './serve/grpc-server.ts'
import { objectOf, reasonOf, rejectionFindings } from './serve/rejection-findings.ts'
import type { AckEvent, PushEvent, SettledEvent } from './serve/stream-events.ts'
import { XdsServer } from './serve/xds-server.ts'
import { translationFindings } from './translate/translation-findings.ts'
import { createTranslator, type Translator } from './translate/translator.ts'
import { unsupportedFields } from './translate/unsupported.ts'
import { version } from './version.ts'

/** Options of {@link createControlPlane}. */
export interface ControlPlaneOptions {
  /** Where configuration comes from: `FileSource`, `MemorySource`, or your own. */
  readonly sources: readonly ObjectSource[]
  /** Plaintext xDS without authentication. Default 0, any free port; false is off. */
  readonly xdsPort?: number | false
  /** xDS and certificate authority over TLS. Default 0, any free port; false is off. */
  readonly tlsPort?: number | false
  /** Debug pages, metrics, readiness. Default 0, any free port; false is off. */
  readonly debugPort?: number | false
  /** Address of the xDS ports. Default `127.0.0.1`. */
  readonly host?: string
  /** Address of the debug pages, which show the whole configuration. Default `127.0.0.1`. */
  readonly debugHost?: string
  /** Names under which proxies call the TLS port. Default: Istio's, `localhost` and loopback. */
  readonly serverNames?: readonly string[]
  /** Default: a self-signed one, kept in `stateDirectory`. The caller closes one that it passes. */
  readonly ca?: CertificateAuthority
  /** Keeps root and token key across restarts. Default: in memory. One control plane at a time uses a directory. */
  readonly stateDirectory?: string
  /** Trust domain of the mesh's identities. Default `cluster.local`. */
  readonly trustDomain?: string
  /** Who else vouches for callers, besides client certificates and development tokens. */
  readonly tokens?: readonly TokenAuthenticator[]
  /** Accept (and {@link ControlPlane.issueToken} make) development tokens. Default true. */
  readonly developmentTokens?: boolean
  /** Mesh-wide settings over Istio's defaults; the ConfigMap `istio` goes over these. */
  readonly meshConfig?: Partial<MeshConfig>
  /** Called with the whole current list of what is wrong whenever it changed. */
  readonly onFindings?: (findings: readonly Finding[]) => void
  /** A response went out. */
  readonly onPush?: (event: PushEvent) => void
  /** A proxy answered a response, with an ACK or NACK. */
  readonly onAck?: (event: AckEvent) => void
  /** A proxy has answered for everything of a snapshot. */
  readonly onSettled?: (event: SettledEvent) => void
  readonly limits?: Partial<AdsServiceLimits & GrpcServerLimits>
  readonly clock?: Clock
  readonly log?: Logger
}

/** A running control plane. */
export interface ControlPlane {
  /** `host:port` of plaintext xDS; undefined when it is off. */
  readonly xdsAddress: string | undefined
  /** `host:port` of xDS and certificate authority over TLS. */
  readonly tlsAddress: string | undefined
  /** `host:port` of the debug pages. */
  readonly debugAddress: string | undefined
  /** PEM of the roots that proxies have to trust; more than one while a root is replaced. */
  readonly rootCertificate: string
  readonly ca: CertificateAuthority
  /** The newest snapshot. */
  readonly snapshot: MeshSnapshot
  /** What is wrong with the configuration now. */
  readonly findings: readonly Finding[]
  readonly metrics: ControlPlaneMetrics
  readonly translator: Translator
  /** Node ids of the proxies that are connected. */
  readonly nodes: readonly string[]
  /**
   * A development token for a service account, as Kubernetes would project it.
   *
   * @throws BattenError `AUTH_REQUIRED` when development tokens are off
   */
  issueToken(namespace: string, serviceAccount: string): Promise<string>
  /** Takes changes of the sources into a snapshot at once, and pushes it soon. */
  flush(): MeshSnapshot
  /** Asks the sources for what changed, without waiting for their events, and takes it into a snapshot. */
  refresh(): Promise<MeshSnapshot>
  /** Resolves when every connected proxy has answered for everything of the newest snapshot. */
  waitUntilServed(signal?: AbortSignal): Promise<void>
  close(): Promise<void>
}

/**
 * Starts a control plane in this process; any number of them may run. Resolves when it listens and knows everything
 * that its sources had.
 *
 * @throws BattenError `SERVER_BIND_FAILED`, `CA_DIRECTORY`
 * @example
 * const controlPlane = await createControlPlane({ sources: [new FileSource({ paths: ['mesh'] })] })
 * console.log(controlPlane.xdsAddress)
 * await controlPlane.close()
 */
export async function createControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const controlPlane = new RunningControlPlane(options)
  try {
    await controlPlane.start()
  } catch (error) {
    await controlPlane.close()
    throw error
  }
  return controlPlane
}

/** How long after a push it is looked at what the proxies make of it: many answers are looked at together. */
const FINDINGS_DELAY_MS = 50

/** How long the first proxies wait for Wasm modules to be fetched. */
const FIRST_MODULES_MS = 5000

class RunningControlPlane implements ControlPlane {
  readonly ca: CertificateAuthority
  readonly metrics = new ControlPlaneMetrics(version)
  readonly translator = createTranslator()
  readonly #options: ControlPlaneOptions
  readonly #clock: Clock
  readonly #wasm: WasmModules
  readonly #model: Model
  readonly #server: XdsServer
  readonly #debug: DebugServer | undefined
  readonly #developmentTokens: DevelopmentTokens | undefined
  readonly #pushLog: PushLog
  #closed: Promise<void> | undefined
  #told: readonly Finding[] | undefined
  #findingsTimer: Timer | undefined

  constructor(options: ControlPlaneOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
    const log = options.log ?? silentLogger
    const clock = this.#clock
    const state = options.stateDirectory === undefined ? {} : { directory: options.stateDirectory }
    const trustDomain = options.trustDomain ?? options.ca?.trustDomain ?? 'cluster.local'
    this.ca = options.ca ?? createSelfSignedAuthority({ ...state, trustDomain, clock, log: log.child('ca') })
    if (options.developmentTokens !== false)
      this.#developmentTokens = createDevelopmentTokens({ ...state, clock })
    this.#pushLog = new PushLog(() => clock.now())
    this.#wasm = new WasmModules({ clock, log: log.child('wasm') })
    this.#model = createModel({
      sources: options.sources,
      mesh: { trustDomain, ...options.meshConfig },
      wasm: this.#wasm,
      validators: [unsupportedFields],
      clock,
      log: log.child('model'),
      onFindings: () => this.#tellFindings(),
    })
    this.#server = this.#createServer(log)
    this.#debug = this.#createDebugServer(log)
  }

  get xdsAddress() {
    return this.#server.plaintextAddress
  }

  get tlsAddress() {
    return this.#server.tlsAddress
  }

  get debugAddress() {
    return this.#debug?.address
  }

  get rootCertificate() {
    return this.ca.trustBundle
  }

  get snapshot() {
    return this.#model.snapshot
  }

  get findings(): readonly Finding[] {
    const { snapshot, findings } = this.#model
    return [
      ...findings,
      ...translationFindings(snapshot, this.translator.problems),
      ...rejectionFindings(this.#server.connections.values(), snapshot),
    ].sort(compareFindings)
  }

  get nodes() {
    return [...this.#server.connections.values()].flatMap(({ stream }) => stream.node?.id ?? [])
  }

  /** Listens first, so that readiness can be asked for; nodes are taken when the mesh is known. */
  async start(): Promise<void> {
    await this.#debug?.listen()
    await this.#server.listen()
    await this.#model.start()
    // A proxy that comes back must not lose its Wasm filters because their modules are still on the way.
    await this.#withinMs(FIRST_MODULES_MS, this.#wasm.settled())
    this.#server.update(this.#model.flush())
    this.#model.subscribe((next) => this.#server.update(next))
  }

  async issueToken(namespace: string, serviceAccount: string): Promise<string> {
    if (this.#developmentTokens === undefined)
      throw controlPlaneError('AUTH_REQUIRED', {
        message: 'this control plane makes no development tokens',
        hint: 'set developmentTokens, or take a token of your cluster',
      })
    return this.#developmentTokens.issue({ namespace, serviceAccount })
  }

  flush(): MeshSnapshot {
    return this.#model.flush()
  }

  async refresh(): Promise<MeshSnapshot> {
    await Promise.all(this.#options.sources.map((source) => source.refresh?.()))
    return this.flush()
  }

  waitUntilServed(signal?: AbortSignal): Promise<void> {
    return this.#server.whenServed(signal)
  }

  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #withinMs(ms: number, promise: Promise<void>): Promise<void> {
    const { promise: timeout, resolve } = Promise.withResolvers<void>()
    const timer = this.#clock.setTimeout(resolve, ms)
    await Promise.race([promise, timeout])
    timer.cancel()
  }

  /**
   * All routes of a proxy may be one resource: a VirtualService that makes a proxy refuse it would keep every other one
   * from it. So it is taken back; its last good version stays.
   */
  #withdrawRefused({ node, typeUrl, error, resources, revision }: AckEvent): void {
    const { snapshot } = this.#model
    if (error === undefined || typeUrl !== TYPE_URLS.RDS || revision !== snapshot.revision) return
    const view = this.translator.view(snapshot, node)
    for (const name of resources) {
      const reason = reasonOf(error, name)
      const stored = objectOf(snapshot, typeUrl, name, view.resources(typeUrl).get(name)?.value, reason)
      if (stored?.object.kind !== 'VirtualService') continue
      this.#model.withdraw(stored, {
        code: 'CP_PROXY_REJECTED',
        severity: 'error',
        message: `the proxy ${node.name}.${node.namespace} refuses its routes, so the version of before stays: ${reason}`,
        path: 'spec.http',
        hint: 'change what the proxy does not take',
      })
    }
  }

  /** Soon: what proxies are made to do, and what they say to it, changes with every push and every answer. */
  #findingsChanged(): void {
    this.#findingsTimer ??= this.#clock.setTimeout(() => {
      this.#findingsTimer = undefined
      this.#tellFindings()
    }, FINDINGS_DELAY_MS)
  }

  #tellFindings(): void {
    const { onFindings } = this.#options
    // The model tells of its first findings before there is a server.
    if (onFindings === undefined || this.#closed !== undefined) return
    const findings = this.findings
    if (this.#told !== undefined && isEqual(this.#told, findings)) return
    this.#told = findings
    onFindings(findings)
  }

  async #close(): Promise<void> {
    this.#findingsTimer?.cancel()
    await Promise.all([this.#model.close(), this.#server.close(), this.#debug?.close()])
    if (this.#options.ca === undefined) this.ca.close()
  }

  #createServer(log: Logger): XdsServer {
    const { host, serverNames, limits, onPush, onAck, onSettled, tokens = [] } = this.#options
    return new XdsServer({
      translator: this.translator,
      authority: this.ca,
      tokens: this.#developmentTokens === undefined ? tokens : [...tokens, this.#developmentTokens],
      metrics: this.metrics,
      plaintextPort: portOf(this.#options.xdsPort),
      tlsPort: portOf(this.#options.tlsPort),
      identifier: `{"Component":"batten","Info":{"version":"${version}"}}`,
      clock: this.#clock,
      log: log.child('xds'),
      onPush: (event) => {
        this.#pushLog.pushed(event)
        this.#findingsChanged()
        onPush?.(event)
      },
      onAck: (event) => {
        this.#pushLog.answered(event)
        this.#withdrawRefused(event)
        this.#findingsChanged()
        onAck?.(event)
      },
      ...(onSettled === undefined ? {} : { onSettled }),
      ...(host === undefined ? {} : { host }),
      ...(serverNames === undefined ? {} : { serverNames }),
      ...(limits === undefined ? {} : { limits }),
    })
  }

  #createDebugServer(log: Logger): DebugServer | undefined {
    const port = portOf(this.#options.debugPort)
    if (port === undefined) return undefined
    return new DebugServer({
      port,
      log: log.child('debug'),
      ...(this.#options.debugHost === undefined ? {} : { host: this.#options.debugHost }),
      source: {
        version,
        model: this.#model,
        server: this.#server,
        translator: this.translator,
        authority: this.ca,
        metrics: this.metrics,
        pushLog: this.#pushLog,
        findings: () => this.findings,
        isReady: () => this.#server.snapshot !== undefined,
      },
    })
  }
}

function portOf(port: number | false | undefined): number | undefined {
  return port === false ? undefined : (port ?? 0)
}
