import type { DeltaDiscoveryRequest } from './gen/types.ts'
import {
  DEFAULT_MAX_NAMES,
  type RequestOutcome,
  type ResourceSnapshot,
  requireRoom,
  type SubscriptionOptions,
  WILDCARD,
} from './subscription.ts'

/** What the next delta response carries. */
export interface DeltaUpdate {
  readonly nonce: string
  /** Names of resources to send, all of them in the snapshot. */
  readonly resources: readonly string[]
  /** Names for `removed_resources`: gone, or asked for and not there. */
  readonly removed: readonly string[]
}

/**
 * The server's side of one type on one delta stream: what the node wants, what it has, what it must get.
 * Pure bookkeeping; the caller encodes and sends.
 *
 * @see https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol#incremental-xds
 * @example
 * const outcome = subscription.request(request)
 * if (outcome.acknowledgement === 'nack') log.warn('NACK', { error: outcome.error })
 * const update = subscription.next(snapshot, nextNonce())
 * if (update !== undefined) send(update)
 */
export class DeltaSubscription {
  readonly #legacyWildcard: boolean
  readonly #maxNames: number
  readonly #names = new Set<string>()
  /** What the node has, as far as we know: sent, or claimed in `initial_resource_versions`. */
  readonly #sent = new Map<string, string>()
  /** Names that the next response must mention, changed or not. */
  readonly #pending = new Set<string>()
  #wildcard = false
  #started = false
  /** Everything must be sent again: `*` was subscribed while it already was. */
  #resendAll = false
  /** A hint about what changed is not enough for the next response. */
  #needsFullScan = false
  #mustRespond = false
  #lastNonce = ''
  #awaitingAck = false
  #lastError: string | undefined

  constructor(options: SubscriptionOptions = {}) {
    this.#legacyWildcard = options.legacyWildcard ?? false
    this.#maxNames = options.maxNames ?? DEFAULT_MAX_NAMES
  }

  /** Takes in a request of this type. */
  request(request: DeltaDiscoveryRequest): RequestOutcome {
    const nonce = request.responseNonce ?? ''
    const outcome = this.#acknowledge(nonce, request.errorDetail?.message, request.errorDetail !== undefined)
    const subscribe = request.resourceNamesSubscribe ?? []
    const unsubscribe = request.resourceNamesUnsubscribe ?? []
    const first = !this.#started
    // Changes of the subscription count even if the nonce is stale.
    let changed = first
    if (first) this.#start(request, subscribe)
    for (const name of subscribe) changed = this.#subscribe(name, first) || changed
    for (const name of unsubscribe) changed = this.#unsubscribe(name) || changed
    requireRoom(this.#names.size, this.#maxNames)
    return { ...outcome, subscriptionChanged: changed }
  }

  /**
   * What to send now, given the newest snapshot; undefined if the node needs nothing. The result counts as sent.
   *
   * @param changed names that may differ from the snapshot of the last call (also removed ones); all, if not given
   */
  next(snapshot: ResourceSnapshot, nonce: string, changed?: Iterable<string>): DeltaUpdate | undefined {
    if (!this.#started) return undefined
    const resources: string[] = []
    const removed: string[] = []
    const consider = (name: string) => {
      if (!this.#wildcard && !this.#names.has(name)) return
      const version = snapshot.get(name)?.version
      const pending = this.#pending.delete(name)
      if (version === undefined) {
        if (this.#sent.delete(name) || pending) removed.push(name)
      } else if (pending || this.#resendAll || this.#sent.get(name) !== version) {
        this.#sent.set(name, version)
        resources.push(name)
      }
    }
    if (changed !== undefined && !this.#needsFullScan) for (const name of new Set(changed)) consider(name)
    else if (this.#wildcard) {
      for (const name of snapshot.keys()) consider(name)
      for (const name of this.#sent.keys()) if (!snapshot.has(name)) consider(name)
    } else for (const name of this.#names) consider(name)
    for (const name of this.#pending) consider(name)
    this.#pending.clear()
    const respond = this.#mustRespond || resources.length > 0 || removed.length > 0
    this.#resendAll = false
    this.#needsFullScan = false
    this.#mustRespond = false
    if (!respond) return undefined
    this.#lastNonce = nonce
    this.#awaitingAck = true
    return { nonce, resources, removed }
  }

  /**
   * Makes the next response carry these resources even if they did not change. Envoy wants an endpoint assignment
   * again after every change of its cluster.
   */
  force(names: Iterable<string>): void {
    for (const name of names) if (this.wants(name)) this.#pending.add(name)
  }

  /** Whether the node asked for this name, or for everything. */
  wants(name: string): boolean {
    return this.#wildcard || this.#names.has(name)
  }

  get isWildcard(): boolean {
    return this.#wildcard
  }

  /** Names that were asked for one by one. */
  get names(): ReadonlySet<string> {
    return this.#names
  }

  /** Whether the node waits for an answer to a request, so that {@link next} should be called without delay. */
  get needsAnswer(): boolean {
    return this.#mustRespond || this.#resendAll || this.#pending.size > 0
  }

  /** Whether the last response was neither acknowledged nor rejected; a server merges changes meanwhile. */
  get awaitingAck(): boolean {
    return this.#awaitingAck
  }

  get lastNonce(): string {
    return this.#lastNonce
  }

  /** The reason of the last NACK, until the next ACK. */
  get lastError(): string | undefined {
    return this.#lastError
  }

  /** What the node has, as far as we know: versions by name. */
  get sent(): ReadonlyMap<string, string> {
    return this.#sent
  }

  /** The version of a resource that the node has or was sent. */
  versionOf(name: string): string | undefined {
    return this.#sent.get(name)
  }

  #acknowledge(
    nonce: string,
    error: string | undefined,
    rejected: boolean,
  ): Omit<RequestOutcome, 'subscriptionChanged'> {
    if (nonce === '') return { acknowledgement: 'none', error: undefined }
    if (nonce !== this.#lastNonce) return { acknowledgement: 'stale', error: undefined }
    this.#awaitingAck = false
    // A rejected version is not sent again; the next change of the resource is.
    this.#lastError = rejected ? (error ?? '') : undefined
    return { acknowledgement: rejected ? 'nack' : 'ack', error: this.#lastError }
  }

  #start(request: DeltaDiscoveryRequest, subscribe: readonly string[]): void {
    this.#started = true
    this.#needsFullScan = true
    const versions = request.initialResourceVersions ?? {}
    for (const name of Object.keys(versions)) this.#sent.set(name, versions[name]!)
    if (subscribe.length === 0 && this.#legacyWildcard) this.#startWildcard()
    // Without a wildcard, what the node has it also wants.
    else if (!subscribe.includes(WILDCARD)) for (const name of this.#sent.keys()) this.#names.add(name)
  }

  #startWildcard(): void {
    this.#wildcard = true
    this.#needsFullScan = true
    // A node waits for its listeners and clusters even if there are none.
    this.#mustRespond = true
  }

  #subscribe(name: string, first: boolean): boolean {
    if (name === WILDCARD) {
      this.#resendAll = this.#wildcard && !first
      const changed = !this.#wildcard
      this.#startWildcard()
      return changed
    }
    // On a new stream a node names what it has; only what differs from that is news. Later, each name is answered.
    if (!first || !this.#sent.has(name)) this.#pending.add(name)
    if (this.#names.has(name)) return first
    this.#names.add(name)
    return true
  }

  #unsubscribe(name: string): boolean {
    if (name === WILDCARD) {
      const changed = this.#wildcard
      this.#wildcard = false
      this.#resendAll = false
      this.#mustRespond = false
      for (const sent of this.#sent.keys()) if (!this.#names.has(sent)) this.#sent.delete(sent)
      for (const pending of this.#pending) if (!this.#names.has(pending)) this.#pending.delete(pending)
      return changed
    }
    const changed = this.#names.delete(name)
    if (this.#wildcard) {
      // The node cannot know whether the wildcard covers the name, so it must be told.
      this.#pending.add(name)
    } else {
      this.#sent.delete(name)
      this.#pending.delete(name)
    }
    return changed
  }
}
