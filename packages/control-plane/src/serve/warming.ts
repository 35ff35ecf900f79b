/**
 * Says whether a node may be told of listeners and routes now, or first has to get its new clusters ready: a route to
 * a cluster that is still warming answers 503.
 *
 * Envoy acknowledges clusters only when all of them are warm. Other nodes acknowledge at once and then ask for
 * endpoints; for those the endpoints' acknowledgement is the sign.
 *
 * Differs from Istio: what refers to a cluster is sent when the cluster is warm, where everything is sent at once.
 */
export class ClusterWarming {
  readonly #graceMs: number
  readonly #timeoutMs: number
  /** Endpoint assignments of clusters that were sent, which the node has not acknowledged since. */
  readonly #endpoints = new Set<string>()
  #sentAt: number | undefined
  #acknowledgedAt: number | undefined

  /**
   * @param timeoutMs longest time that a node may take to warm its clusters; then the rest is sent regardless
   * @param graceMs time after the acknowledgement in which the node may begin to ask for endpoints
   */
  constructor(timeoutMs: number, graceMs: number) {
    this.#timeoutMs = timeoutMs
    this.#graceMs = graceMs
  }

  /** Clusters were sent that take these endpoint assignments, and others removed. */
  clustersSent(endpoints: Iterable<string>, removed: Iterable<string>, now: number): void {
    for (const name of removed) this.#endpoints.delete(name)
    for (const name of endpoints) this.#endpoints.add(name)
    this.#sentAt = now
    this.#acknowledgedAt = undefined
  }

  clustersAcknowledged(now: number): void {
    this.#acknowledgedAt = now
  }

  /** What was rejected will not warm. */
  clustersRejected(now: number): void {
    this.#endpoints.clear()
    this.#acknowledgedAt = now
  }

  /** The node has these endpoint assignments, newer than its clusters. */
  endpointsAcknowledged(names: Iterable<string>): void {
    for (const name of names) this.#endpoints.delete(name)
  }

  /**
   * When listeners and routes may be sent, on the clock of the other calls; `-Infinity` is at once.
   *
   * @param wants whether the node has asked for an endpoint assignment
   */
  holdUntil(wants: (endpoints: string) => boolean): number {
    if (this.#sentAt === undefined) return Number.NEGATIVE_INFINITY
    const deadline = this.#sentAt + this.#timeoutMs
    if (this.#acknowledgedAt === undefined) return deadline
    if (this.#endpoints.size === 0) return Number.NEGATIVE_INFINITY
    for (const name of this.#endpoints) if (wants(name)) return deadline
    return Math.min(deadline, this.#acknowledgedAt + this.#graceMs)
  }
}
