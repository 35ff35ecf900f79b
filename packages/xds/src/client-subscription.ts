import type { DeltaDiscoveryRequest, DiscoveryRequest, Status } from './gen/types.ts'
import { WILDCARD } from './subscription.ts'
import { FULL_STATE_TYPES, WILDCARD_TYPES } from './type-urls.ts'

/** What of a response was rejected, and why. */
export interface Rejection {
  /** The names that stay as they were; not given: all of the response. */
  readonly names?: ReadonlySet<string>
  /** Goes to the server in `error_detail`. */
  readonly message: string
}

/** gRPC's code for a bad argument, which is what a NACK says. */
const INVALID_ARGUMENT = 3

/** What a node wants of one type, and which versions it has; the same for both protocol variants. */
abstract class ClientSubscription {
  readonly typeUrl: string
  protected readonly wanted = new Set<string>()
  protected readonly known = new Map<string, string>()
  protected all = false
  protected started = false

  constructor(typeUrl: string) {
    this.typeUrl = typeUrl
  }

  /** Whether resources of this name are for this node; others may still arrive, and are to be ignored. */
  wants(name: string): boolean {
    return this.all || this.wanted.has(name)
  }

  get names(): ReadonlySet<string> {
    return this.wanted
  }

  get isWildcard(): boolean {
    return this.all
  }

  /** Accepted versions by name. */
  get versions(): ReadonlyMap<string, string> {
    return this.known
  }

  /** To be called when a new stream is open: what was in flight is lost, what is known stays. */
  abstract reconnect(): void
  abstract subscribe(names: Iterable<string>): void
  abstract unsubscribe(names: Iterable<string>): void
  /** Asks for everything, in addition to names. */
  abstract subscribeAll(): void
  abstract unsubscribeAll(): void
}

/**
 * The node's side of one type on a delta stream. Lives as long as the node; streams come and go.
 *
 * @example
 * cds.subscribeAll()
 * send(cds.nextRequest())
 * // a response arrived, was decoded and applied:
 * send(cds.settle(response.nonce, response.resources, response.removedResources))
 */
export class DeltaClientSubscription extends ClientSubscription {
  readonly #subscribe = new Set<string>()
  readonly #unsubscribe = new Set<string>()

  override reconnect(): void {
    this.started = false
    this.#subscribe.clear()
    this.#unsubscribe.clear()
  }

  override subscribe(names: Iterable<string>): void {
    for (const name of names) {
      if (this.wanted.has(name)) continue
      this.wanted.add(name)
      this.#unsubscribe.delete(name)
      this.#subscribe.add(name)
    }
  }

  override unsubscribe(names: Iterable<string>): void {
    for (const name of names) {
      if (!this.wanted.delete(name)) continue
      // Under a wildcard the server says whether the resource stays.
      if (!this.all) this.known.delete(name)
      // What the server was never told it need not forget.
      if (!this.#subscribe.delete(name)) this.#unsubscribe.add(name)
    }
  }

  override subscribeAll(): void {
    if (this.all) return
    this.all = true
    this.#unsubscribe.delete(WILDCARD)
    this.#subscribe.add(WILDCARD)
  }

  override unsubscribeAll(): void {
    if (!this.all) return
    this.all = false
    for (const name of this.known.keys()) if (!this.wanted.has(name)) this.known.delete(name)
    if (!this.#subscribe.delete(WILDCARD)) this.#unsubscribe.add(WILDCARD)
  }

  /**
   * The request that tells the server what changed, or undefined. On a new stream it repeats what is wanted and says
   * which versions are there, so that only news comes. Without any wish nothing is sent: an empty first request would
   * mean "everything". The caller adds `node`.
   */
  nextRequest(): DeltaDiscoveryRequest | undefined {
    if (!this.started) {
      if (!this.all && this.wanted.size === 0) return undefined
      this.started = true
      this.#subscribe.clear()
      this.#unsubscribe.clear()
      const names = [...this.wanted]
      return {
        typeUrl: this.typeUrl,
        resourceNamesSubscribe: this.all ? [WILDCARD, ...names] : names,
        initialResourceVersions: Object.fromEntries(this.known),
      }
    }
    if (this.#subscribe.size === 0 && this.#unsubscribe.size === 0) return undefined
    const request: DeltaDiscoveryRequest = {
      typeUrl: this.typeUrl,
      resourceNamesSubscribe: [...this.#subscribe],
      resourceNamesUnsubscribe: [...this.#unsubscribe],
    }
    this.#subscribe.clear()
    this.#unsubscribe.clear()
    return request
  }

  /**
   * Notes what a response brought and gives the ACK, or the NACK for a rejection. It carries no change of the
   * subscription: some servers take a request for one or the other.
   */
  settle(
    nonce: string,
    resources: Iterable<{ readonly name?: string | undefined; readonly version?: string | undefined }>,
    removed: Iterable<string> = [],
    rejection?: Rejection,
  ): DeltaDiscoveryRequest {
    const rejects = (name: string) => rejection !== undefined && (rejection.names?.has(name) ?? true)
    for (const { name = '', version = '' } of resources)
      if (this.wants(name) && !rejects(name)) this.known.set(name, version)
    for (const name of removed) if (!rejects(name)) this.known.delete(name)
    return { typeUrl: this.typeUrl, responseNonce: nonce, errorDetail: errorDetail(rejection) }
  }
}

/** The node's side of one type on a state-of-the-world stream. */
export class SotwClientSubscription extends ClientSubscription {
  readonly #fullState: boolean
  #dirty = false
  #everNamed = false
  #nonce = ''
  #acceptedVersion = ''

  readonly #legacyWildcard: boolean

  /**
   * `fullState`: what a response does not list is gone. `legacyWildcard`: "everything" is an empty list, which old
   * servers know too. Defaults: as `FULL_STATE_TYPES` and `WILDCARD_TYPES` say.
   */
  constructor(
    typeUrl: string,
    options: { readonly fullState?: boolean; readonly legacyWildcard?: boolean } = {},
  ) {
    super(typeUrl)
    this.#fullState = options.fullState ?? FULL_STATE_TYPES.has(typeUrl)
    this.#legacyWildcard = options.legacyWildcard ?? WILDCARD_TYPES.has(typeUrl)
  }

  override reconnect(): void {
    this.started = false
    this.#everNamed = false
    this.#nonce = ''
  }

  override subscribe(names: Iterable<string>): void {
    for (const name of names) {
      if (this.wanted.has(name)) continue
      this.wanted.add(name)
      this.#dirty = true
    }
  }

  override unsubscribe(names: Iterable<string>): void {
    for (const name of names) {
      if (!this.wanted.delete(name)) continue
      if (!this.all) this.known.delete(name)
      this.#dirty = true
    }
  }

  override subscribeAll(): void {
    if (this.all) return
    this.all = true
    this.#dirty = true
  }

  override unsubscribeAll(): void {
    if (!this.all) return
    this.all = false
    for (const name of this.known.keys()) if (!this.wanted.has(name)) this.known.delete(name)
    this.#dirty = true
  }

  /** The version of the last response that was accepted. */
  get acceptedVersion(): string {
    return this.#acceptedVersion
  }

  /** The request that tells the server what is wanted, or undefined if it knows. The caller adds `node`. */
  nextRequest(): DiscoveryRequest | undefined {
    if (!this.started) {
      if (!this.all && this.wanted.size === 0) return undefined
      this.started = true
    } else if (!this.#dirty) return undefined
    return this.#request()
  }

  /** Notes what a response brought and gives the ACK, or the NACK for a rejection; both repeat all names. */
  settle(
    nonce: string,
    version: string,
    resources: Iterable<{ readonly name: string; readonly version: string }>,
    rejection?: Rejection,
  ): DiscoveryRequest {
    this.#nonce = nonce
    const rejects = (name: string) => rejection !== undefined && (rejection.names?.has(name) ?? true)
    const listed = new Set<string>()
    for (const resource of resources) {
      listed.add(resource.name)
      if (this.wants(resource.name) && !rejects(resource.name))
        this.known.set(resource.name, resource.version)
    }
    if (this.#fullState && rejection === undefined)
      for (const name of this.known.keys()) if (!listed.has(name)) this.known.delete(name)
    if (rejection === undefined) this.#acceptedVersion = version
    return { ...this.#request(), errorDetail: errorDetail(rejection) }
  }

  #request(): DiscoveryRequest {
    this.#dirty = false
    const names = [...this.wanted]
    // The empty list loses this meaning for the rest of the stream when a name is sent.
    const onlyAll = this.#legacyWildcard && this.all && names.length === 0 && !this.#everNamed
    if (!onlyAll) this.#everNamed = true
    return {
      typeUrl: this.typeUrl,
      versionInfo: this.#acceptedVersion,
      resourceNames: onlyAll ? [] : this.all ? [WILDCARD, ...names] : names,
      responseNonce: this.#nonce,
    }
  }
}

function errorDetail(rejection: Rejection | undefined): Status | undefined {
  return rejection === undefined ? undefined : { code: INVALID_ARGUMENT, message: rejection.message }
}
