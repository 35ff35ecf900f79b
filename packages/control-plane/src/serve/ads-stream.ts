import { type Clock, systemClock, type Timer } from '@batten/core'
import { type Node, TYPE_URLS } from '@batten/xds'
import { controlPlaneError } from '../errors.ts'
import type { XdsNode } from '../model/node.ts'
import type { Resource, ResourceView } from '../model/resource.ts'
import { blamedResources } from './blamed-resources.ts'
import { endpointsNameOf } from './cluster-endpoints.ts'
import { pushRank, referrersOf, usesClusters } from './push-order.ts'
import { resourceSize } from './resource-frames.ts'
import { NO_RESOURCES, type ResourceMap } from './resource-overlay.ts'
import type { AckEvent, StreamEvents } from './stream-events.ts'
import type { StreamProtocol, StreamRequest, TypeUpdate } from './stream-protocol.ts'
import { type InFlight, NO_BYTES, TypeState, type TypeStatus } from './type-state.ts'
import { ClusterWarming } from './warming.ts'

/** A snapshot as one node sees it. */
export interface NodeSnapshot {
  readonly view: ResourceView
  readonly revision: number
  /** When the change happened, monotonic; undefined for what was there before the node connected. */
  readonly changedAt?: number
}

export interface AdsStreamOptions {
  readonly protocol: StreamProtocol
  /**
   * Decides about the node that the first request names.
   *
   * @throws BattenError when it is not served
   */
  admit(node: Node | undefined): { readonly node: XdsNode; readonly snapshot: NodeSnapshot }
  /** Writes a message. */
  send(frame: Buffer): void
  /** Whether earlier messages still wait for the peer to read. */
  isBackedUp(): boolean
  /** Something failed while nobody was calling; the stream is of no use then. */
  onError?(error: unknown): void
  readonly events: StreamEvents
  readonly clock?: Clock
  readonly limits?: Partial<AdsStreamLimits>
}

export interface AdsStreamLimits {
  /** Resource types of one stream. Default: 64. */
  readonly maxTypes: number
  /** A delta update above this is sent in parts. A single resource may be larger. Default: 1 MiB. */
  readonly maxResponseBytes: number
  /** A response without an answer holds back the next one of its type for this long. Default: 5 s. */
  readonly ackTimeoutMs: number
  /** Listeners and routes wait this long for clusters to warm. Default: 5 s. */
  readonly warmingTimeoutMs: number
  /** Time after the acknowledgement of clusters in which a node may ask for their endpoints. Default: 250 ms. */
  readonly warmingGraceMs: number
  /**
   * A node that connects again asks for one type after another. Until it has asked for the types that may refer to a
   * resource, or this time has passed, the resource is not removed. Default: 2 s.
   */
  readonly joinGraceMs: number
}

export const DEFAULT_STREAM_LIMITS: AdsStreamLimits = {
  maxTypes: 64,
  maxResponseBytes: 1024 * 1024,
  ackTimeoutMs: 5000,
  warmingTimeoutMs: 5000,
  warmingGraceMs: 250,
  joinGraceMs: 2000,
}

const NEVER = Number.POSITIVE_INFINITY

/**
 * The server's side of one ADS stream, without the transport: requests in, responses out, one un-acknowledged
 * response a type, changes merged meanwhile.
 *
 * Clusters go first, then endpoints, listeners, routes; what uses clusters waits until the node has warmed them; and
 * removals come last, when nothing refers to the resources any more.
 *
 * @see https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol#eventual-consistency-considerations
 */
export class AdsStream {
  readonly #options: AdsStreamOptions
  readonly #limits: AdsStreamLimits
  readonly #clock: Clock
  readonly #warming: ClusterWarming
  readonly #types = new Map<string, TypeState>()
  /** The same, in the order of a push. */
  #ordered: TypeState[] = []
  #node: XdsNode | undefined
  #snapshot: NodeSnapshot | undefined
  #lastNonce = 0
  #settledRevision = -1
  #timer: Timer | undefined
  #isClosed = false
  /** When nothing will be asked for any more, monotonic. */
  readonly #joinedAt: number

  constructor(options: AdsStreamOptions) {
    this.#options = options
    this.#limits = { ...DEFAULT_STREAM_LIMITS, ...options.limits }
    this.#clock = options.clock ?? systemClock
    this.#joinedAt = this.#clock.monotonicMs() + this.#limits.joinGraceMs
    this.#warming = new ClusterWarming(this.#limits.warmingTimeoutMs, this.#limits.warmingGraceMs)
  }

  /** The node, once it has said who it is. */
  get node(): XdsNode | undefined {
    return this.#node
  }

  get protocol(): 'delta' | 'sotw' {
    return this.#options.protocol.kind
  }

  /** Revision of the newest snapshot that the node has accepted everything of; -1 before that. */
  get settledRevision(): number {
    return this.#settledRevision
  }

  /** The newest snapshot that is served. */
  get snapshot(): NodeSnapshot | undefined {
    return this.#snapshot
  }

  /**
   * Takes in a message of the node.
   *
   * @throws BattenError that ends the stream: no request, no node, too many types or names
   */
  receive(bytes: Buffer): void {
    if (this.#isClosed) return
    const request = this.#options.protocol.decode(bytes)
    if (this.#node === undefined) {
      const { node, snapshot } = this.#options.admit(request.node)
      this.#node = node
      this.#snapshot = snapshot
    }
    // A workload's health, told by Istio's agent, is no subscription.
    if (request.typeUrl === TYPE_URLS.HEALTH) return
    const state = this.#stateOf(request.typeUrl)
    const { acknowledgement } = state.subscription.request(request.body)
    if (request.responseNonce !== '') this.#answered(state, request, acknowledgement === 'stale')
    this.#flush()
  }

  /** A new snapshot. What changed for this node is sent, now or when the node is ready for it. */
  push(snapshot: NodeSnapshot): void {
    this.#snapshot = snapshot
    this.#flush()
  }

  /** Sends what can be sent, when time has passed or the transport has room again. Never throws. */
  flush(): void {
    try {
      this.#flush()
    } catch (error) {
      this.close()
      this.#options.onError?.(error)
    }
  }

  #flush(): void {
    if (this.#isClosed || this.#snapshot === undefined) return
    const now = this.#clock.monotonicMs()
    let wakeAt = NEVER
    for (const state of this.#ordered) wakeAt = Math.min(wakeAt, this.#serve(state, now, true))
    wakeAt = Math.min(wakeAt, this.#remove(now))
    this.#wakeAt(wakeAt, now)
    this.#checkSettled()
  }

  describe(): TypeStatus[] {
    return this.#ordered.map((state) => state.describe(this.#sharedOf(state)))
  }

  close(): void {
    this.#isClosed = true
    this.#timer?.cancel()
  }

  #stateOf(typeUrl: string): TypeState {
    let state = this.#types.get(typeUrl)
    if (state !== undefined) return state
    if (typeUrl === '')
      throw controlPlaneError('XDS_BAD_REQUEST', { message: 'a discovery request without a type URL' })
    if (this.#types.size >= this.#limits.maxTypes)
      throw controlPlaneError('XDS_LIMIT', {
        message: `a stream asks for more than ${this.#limits.maxTypes} resource types`,
      })
    state = new TypeState(typeUrl, this.#options.protocol.createSubscription(typeUrl))
    this.#types.set(typeUrl, state)
    this.#ordered = [...this.#types.values()].sort((a, b) => pushRank(a.typeUrl) - pushRank(b.typeUrl))
    return state
  }

  #sharedOf(state: TypeState): ResourceMap {
    return this.#snapshot?.view.resources(state.typeUrl) ?? NO_RESOURCES
  }

  /** Sends what is new of one type. Returns when to try again, if something has to wait. */
  #serve(state: TypeState, now: number, holdRemovals: boolean): number {
    const { subscription } = state
    const shared = this.#sharedOf(state)
    const hasNews = state.served !== shared || subscription.needsAnswer
    if (!hasNews && (holdRemovals || !state.hasHeldRemovals)) return NEVER
    const readyAt = this.#readyAt(state, now)
    if (readyAt > now) return readyAt

    const isCds = state.typeUrl === TYPE_URLS.CDS
    // A state-of-the-world response lists all clusters; only those that differ from before are news.
    const had = new Map(isCds && this.protocol === 'sotw' ? subscription.sent : [])
    const hold = holdRemovals && referrersOf(state.typeUrl).length > 0
    const { kind } = this.#options.protocol
    const target = state.target(shared, hold, this.#node!, kind)
    const update = subscription.next(target, String(++this.#lastNonce))
    if (update === undefined) return NEVER
    this.#send(state, update, target, now)
    if (isCds) this.#clustersSent(update, target, had, now)
    return NEVER
  }

  /** Removes what nothing refers to any more. What goes may be the last thing that referred to something else. */
  #remove(now: number): number {
    let wakeAt = NEVER
    for (let isDone = false; !isDone; ) {
      isDone = true
      for (const state of this.#ordered) {
        if (!state.hasHeldRemovals) continue
        if (this.#areReferrersSettled(state, now)) {
          wakeAt = Math.min(wakeAt, this.#serve(state, now, false))
          if (!state.hasHeldRemovals) isDone = false
        } else if (now < this.#joinedAt) wakeAt = Math.min(wakeAt, this.#joinedAt)
      }
    }
    return wakeAt
  }

  #readyAt(state: TypeState, now: number): number {
    if (state.subscription.awaitingAck && this.#options.isBackedUp()) return NEVER // `flush` is called on drain
    if (state.isWaiting(now, this.#limits.ackTimeoutMs)) return state.sentAt + this.#limits.ackTimeoutMs
    if (!usesClusters(state.typeUrl)) return now
    const endpoints = this.#types.get(TYPE_URLS.EDS)
    return this.#warming.holdUntil((name) => endpoints?.subscription.wants(name) ?? false)
  }

  /** Envoy warms a cluster again whenever it arrives, and wants its endpoints again, changed or not. */
  #clustersSent(
    update: TypeUpdate,
    target: ResourceMap,
    had: ReadonlyMap<string, string>,
    now: number,
  ): void {
    const endpoints: string[] = []
    for (const name of update.resources) {
      const cluster = target.get(name)!
      if (had.get(name) === cluster.version) continue
      const endpointsName = endpointsNameOf(cluster)
      if (endpointsName !== '') endpoints.push(endpointsName)
    }
    this.#types.get(TYPE_URLS.EDS)?.subscription.force(endpoints)
    this.#warming.clustersSent(endpoints, update.removed, now)
  }

  #areReferrersSettled(state: TypeState, now: number): boolean {
    return referrersOf(state.typeUrl).every((typeUrl) => {
      const referrer = this.#types.get(typeUrl)
      if (referrer === undefined) return now >= this.#joinedAt
      return (
        referrer.served === this.#sharedOf(referrer) &&
        !referrer.hasHeldRemovals &&
        !referrer.isWaiting(now, this.#limits.ackTimeoutMs)
      )
    })
  }

  #send(state: TypeState, update: TypeUpdate, target: ResourceMap, now: number): void {
    const resources: Resource[] = []
    const removed = [...update.removed]
    for (const name of update.resources) {
      const resource = target.get(name)!
      if (resource.value === NO_BYTES) removed.push(name)
      else resources.push(resource)
    }
    const parts = this.#split(resources)
    for (const [i, part] of parts.entries()) {
      const isLast = i === parts.length - 1
      const nonce = isLast ? update.nonce : `${update.nonce}.${i}`
      this.#sendPart(state, nonce, update.version, part, isLast ? removed : [])
    }
    for (const name of removed) state.rejected.delete(name)
    state.sentAt = now
    state.lastPushAt = this.#clock.now()
  }

  #sendPart(
    state: TypeState,
    nonce: string,
    version: string,
    resources: readonly Resource[],
    removed: readonly string[],
  ): void {
    const frame = this.#options.protocol.encode({
      typeUrl: state.typeUrl,
      nonce,
      version,
      resources,
      removed,
    })
    const names = resources.map((resource) => resource.name)
    const revision = this.#snapshot!.revision
    state.inFlight.set(nonce, { resources: names, removed, revision, sentAt: this.#clock.monotonicMs() })
    state.pushes += 1
    state.bytes += frame.length
    this.#options.send(frame)
    this.#options.events.pushed({
      node: this.#node!,
      typeUrl: state.typeUrl,
      nonce,
      revision,
      resources: names,
      removed,
      bytes: frame.length,
    })
  }

  #split(resources: readonly Resource[]): Resource[][] {
    const parts: Resource[][] = [[]]
    let size = 0
    for (const resource of resources) {
      const bytes = resourceSize(resource)
      if (this.#options.protocol.canSplit && size > 0 && size + bytes > this.#limits.maxResponseBytes) {
        parts.push([])
        size = 0
      }
      parts.at(-1)!.push(resource)
      size += bytes
    }
    return parts
  }

  /** An ACK or NACK. Parts of a large update are answered one by one; only the last has the newest nonce. */
  #answered(state: TypeState, request: StreamRequest, isStale: boolean): void {
    const node = this.#node!
    const response = state.inFlight.get(request.responseNonce)
    if (response === undefined || (isStale && this.protocol === 'sotw')) {
      this.#options.events.staleNonce(node, state.typeUrl)
      return
    }
    state.inFlight.delete(request.responseNonce)
    // The last nonce answers for everything before it.
    if (!isStale) state.inFlight.clear()
    const now = this.#clock.monotonicMs()
    const { error } = request
    if (error === undefined) this.#accepted(state, request.responseNonce, response)
    if (error === undefined && !isStale && state.typeUrl === TYPE_URLS.CDS)
      this.#warming.clustersAcknowledged(now)
    const blamed = error === undefined ? response.resources : this.#refused(state, response, error, now)
    const event: AckEvent = {
      node,
      typeUrl: state.typeUrl,
      nonce: request.responseNonce,
      revision: response.revision,
      durationMs: now - response.sentAt,
      error,
      resources: blamed,
    }
    this.#options.events.acknowledged(event)
  }

  #accepted(state: TypeState, nonce: string, response: InFlight): void {
    state.nonceAcked = nonce
    state.lastAckAt = this.#clock.now()
    for (const name of response.resources) state.rejected.delete(name)
    if (state.typeUrl === TYPE_URLS.EDS) this.#endpointsAnswered(response)
  }

  /** Also a node that was told that there are none waits no longer. */
  #endpointsAnswered(response: InFlight): void {
    this.#warming.endpointsAcknowledged(response.resources)
    this.#warming.endpointsAcknowledged(response.removed)
  }

  /**
   * Remembers what was refused, so that it is not sent again until it changes. What came in the same response and is
   * not to blame, removals included, is sent once more: a node may have stopped at the first bad resource.
   */
  #refused(state: TypeState, response: InFlight, error: string, now: number): readonly string[] {
    if (state.typeUrl === TYPE_URLS.CDS) this.#warming.clustersRejected(now)
    if (state.typeUrl === TYPE_URLS.EDS) this.#endpointsAnswered(response)
    const blamed = blamedResources(response.resources, error)
    for (const name of blamed) {
      const version = state.subscription.sent.get(name) ?? ''
      state.rejected.set(name, { version, error, at: this.#clock.now() })
    }
    if (this.protocol === 'delta' && blamed.length > 0)
      state.subscription.force([
        ...response.resources.filter((name) => !blamed.includes(name)),
        ...response.removed,
      ])
    return blamed
  }

  #wakeAt(time: number, now: number): void {
    this.#timer?.cancel()
    this.#timer =
      time === NEVER ? undefined : this.#clock.setTimeout(() => this.flush(), Math.max(1, time - now))
  }

  #checkSettled(): void {
    const snapshot = this.#snapshot!
    if (this.#settledRevision === snapshot.revision || this.#types.size === 0) return
    for (const state of this.#ordered) if (!state.isSettled(this.#sharedOf(state))) return
    this.#settledRevision = snapshot.revision
    const { changedAt } = snapshot
    this.#options.events.settled({
      node: this.#node!,
      revision: snapshot.revision,
      convergenceMs: changedAt === undefined ? undefined : this.#clock.monotonicMs() - changedAt,
    })
  }
}
