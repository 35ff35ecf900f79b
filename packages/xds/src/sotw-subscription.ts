import type { DiscoveryRequest } from './gen/types.ts'
import {
  DEFAULT_MAX_NAMES,
  type RequestOutcome,
  type ResourceSnapshot,
  requireRoom,
  type SubscriptionOptions,
  WILDCARD,
} from './subscription.ts'

export interface SotwSubscriptionOptions extends SubscriptionOptions {
  /** Whether a response has to list everything, because what is missing is deleted (`FULL_STATE_TYPES`). */
  readonly fullState?: boolean
}

/** What the next state-of-the-world response carries. */
export interface SotwUpdate {
  readonly nonce: string
  readonly version: string
  readonly resources: readonly string[]
}

/**
 * The server's side of one type on one state-of-the-world stream. Pure bookkeeping, like `DeltaSubscription`.
 *
 * @see https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol#basic-protocol-overview
 */
export class SotwSubscription {
  readonly #legacyWildcard: boolean
  readonly #fullState: boolean
  readonly #maxNames: number
  #names: ReadonlySet<string> = new Set()
  readonly #sent = new Map<string, string>()
  #wildcard = false
  #everNamed = false
  #started = false
  #needsAnswer = false
  /** Names to send although they may not have changed: newly asked for, or forced. */
  readonly #pending = new Set<string>()
  #lastNonce = ''
  #lastVersion = ''
  #acceptedVersion = ''
  #awaitingAck = false
  #lastError: string | undefined

  constructor(options: SotwSubscriptionOptions = {}) {
    this.#legacyWildcard = options.legacyWildcard ?? false
    this.#fullState = options.fullState ?? false
    this.#maxNames = options.maxNames ?? DEFAULT_MAX_NAMES
  }

  /** Takes in a request of this type. One with a stale nonce changes nothing: the node repeats itself later. */
  request(request: DiscoveryRequest): RequestOutcome {
    const nonce = request.responseNonce ?? ''
    const restart = !this.#started || nonce === ''
    if (!restart && nonce !== this.#lastNonce)
      return { acknowledgement: 'stale', error: undefined, subscriptionChanged: false }
    const names = request.resourceNames ?? []
    requireRoom(names.length, this.#maxNames)
    const changed = this.#setNames(names, restart)
    if (restart) {
      this.#started = true
      // A node that names its resources anew does not have them (or not for sure): it gets all of them.
      this.#sent.clear()
      this.#needsAnswer = true
      return { acknowledgement: 'none', error: undefined, subscriptionChanged: changed }
    }
    this.#awaitingAck = false
    const rejected = request.errorDetail !== undefined
    this.#lastError = rejected ? (request.errorDetail?.message ?? '') : undefined
    if (!rejected) this.#acceptedVersion = this.#lastVersion
    return {
      acknowledgement: rejected ? 'nack' : 'ack',
      error: this.#lastError,
      subscriptionChanged: changed,
    }
  }

  /** What to send now, given the newest snapshot and its version; undefined if the node needs nothing. */
  next(snapshot: ResourceSnapshot, version: string, nonce: string): SotwUpdate | undefined {
    if (!this.#started) return undefined
    const wanted = this.#wildcard ? snapshot.keys() : this.#names
    const all: string[] = []
    const news: string[] = []
    for (const name of wanted) {
      const current = snapshot.get(name)?.version
      if (current === undefined) continue
      all.push(name)
      if (this.#sent.get(name) !== current || this.#pending.has(name)) news.push(name)
    }
    // Wildcard nodes may have named resources as well; the wildcard covers them.
    const gone = [...this.#sent.keys()].filter((name) => !snapshot.has(name) || !this.wants(name))
    const respond = this.#needsAnswer || news.length > 0 || (this.#fullState && gone.length > 0)
    for (const name of gone) this.#sent.delete(name)
    this.#pending.clear()
    this.#needsAnswer = false
    if (!respond) return undefined
    const resources = this.#fullState ? all : news
    for (const name of resources) this.#sent.set(name, snapshot.get(name)!.version)
    this.#lastNonce = nonce
    this.#lastVersion = version
    this.#awaitingAck = true
    return { nonce, version, resources }
  }

  /** Makes the next response carry these resources even if they did not change. */
  force(names: Iterable<string>): void {
    for (const name of names) if (this.wants(name)) this.#pending.add(name)
    this.#needsAnswer ||= this.#pending.size > 0
  }

  wants(name: string): boolean {
    return this.#wildcard || this.#names.has(name)
  }

  get isWildcard(): boolean {
    return this.#wildcard
  }

  get names(): ReadonlySet<string> {
    return this.#names
  }

  get needsAnswer(): boolean {
    return this.#needsAnswer
  }

  get awaitingAck(): boolean {
    return this.#awaitingAck
  }

  get lastNonce(): string {
    return this.#lastNonce
  }

  /** The version that the node accepted last. */
  get acceptedVersion(): string {
    return this.#acceptedVersion
  }

  get lastError(): string | undefined {
    return this.#lastError
  }

  /** What the node has, as far as we know: versions by name. */
  get sent(): ReadonlyMap<string, string> {
    return this.#sent
  }

  /** The version of a resource that the node was sent. */
  versionOf(name: string): string | undefined {
    return this.#sent.get(name)
  }

  #setNames(list: readonly string[], restart: boolean): boolean {
    const names = new Set(list)
    const explicit = names.delete(WILDCARD)
    if (list.length > 0) this.#everNamed = true
    const wildcard = explicit || (list.length === 0 && this.#legacyWildcard && !this.#everNamed)
    const added = wildcard !== this.#wildcard || [...names].some((name) => !this.#names.has(name))
    const changed = added || names.size !== this.#names.size
    if (changed && !restart) {
      // Fewer names need no answer, except where a response is the whole truth.
      if (added || this.#fullState) this.#needsAnswer = true
      for (const name of names) if (!this.#names.has(name)) this.#pending.add(name)
    }
    for (const name of this.#sent.keys()) if (!wildcard && !names.has(name)) this.#sent.delete(name)
    this.#names = names
    this.#wildcard = wildcard
    return changed || restart
  }
}
