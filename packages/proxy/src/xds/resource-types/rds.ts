import type { Clock, Logger, Timer } from '@batten/core'
import { codec, contentVersion, TYPE_URLS } from '@batten/xds'
import { compileFilterConfigs } from '../../config/compile-http-filters.ts'
import { type CompiledRouteConfig, compileRouteConfig } from '../../config/compile-route-config.ts'
import type { CompileEnvironment } from '../../config/environment.ts'
import { FieldPath } from '../../config/field-path.ts'
import type { RouteReference } from '../../config/resource-references.ts'
import { decodeStrict } from '../../config/unpack.ts'
import { configErrorText } from '../../errors.ts'
import type { Slot } from '../../http/connection-manager-config.ts'
import type { RouteConfig } from '../../http/route/route-config.ts'
import { ResourceRecords } from '../dump.ts'
import { type NamedResource, NamedResources } from '../named-resources.ts'
import type { ArrivedResource, RejectedResource, ResourceHandler } from '../resource-handler.ts'
import type { SourceRouter } from '../sources.ts'
import { type Gate, whenAllOpen } from '../warming.ts'

const MESSAGE = 'envoy.config.route.v3.RouteConfiguration'

/** How long new routes wait for clusters that are still warming. */
const HOLD_MS = 5000

/** A route configuration by name: its slots, and what is to replace it. */
interface RouteValue {
  readonly slots: Set<Slot<RouteConfig>>
  current: CompiledRouteConfig | undefined
  /** The replacement, while it waits for clusters. */
  pending: CompiledRouteConfig | undefined
  version: string
  /** Gives up on a replacement that waits for clusters. */
  cancelPending: () => void
}

export interface RouteResourcesOptions {
  readonly router: SourceRouter
  readonly environment: CompileEnvironment
  readonly clock: Clock
  readonly log: Logger
  /** Gates of those among these clusters that are not usable yet, but will be. */
  readonly warmingClusters: (names: Iterable<string>) => Gate[]
  /** Routes are in use now: clusters that they named before may go. */
  readonly changed: () => void
}

/**
 * Route configurations. New routes are used when the clusters that they name are warm.
 *
 * Differs from Envoy: new routes wait for clusters that are not warm. It uses them at once, and answers 503 until a new
 * cluster's endpoints arrive.
 */
export class RouteResources implements ResourceHandler {
  readonly typeUrl = TYPE_URLS.RDS
  readonly shortName = 'rds'
  readonly records: ResourceRecords
  readonly #options: RouteResourcesOptions
  readonly #routes: NamedResources<RouteValue>

  constructor(options: RouteResourcesOptions) {
    this.#options = options
    this.records = new ResourceRecords(options.clock)
    this.#routes = new NamedResources(this.typeUrl, 'routes', options.router, options.clock, options.log)
  }

  /** Fills the slot of the reference, now and with every change. */
  acquire(reference: RouteReference): NamedResource<RouteValue> {
    const route = this.#routes.acquire(reference)
    route.value ??= {
      slots: new Set(),
      current: undefined,
      pending: undefined,
      version: '',
      cancelPending: () => {},
    }
    route.value.slots.add(reference.slot)
    reference.slot.current = route.value.current?.config
    return route
  }

  release(reference: RouteReference): void {
    const value = this.#routes.get(reference.name)?.value
    value?.slots.delete(reference.slot)
    if (!this.#routes.release(reference.name)) return
    value?.cancelPending()
    this.records.remove(reference.name)
  }

  /** Whether routes in use, or routes that wait for their clusters, name this one. */
  refersTo(cluster: string): boolean {
    for (const { value } of this.#routes.values())
      if (value?.current?.clusters.has(cluster) || value?.pending?.clusters.has(cluster)) return true
    return false
  }

  nameOf(value: Uint8Array): string {
    return codec(MESSAGE).decode(value).name ?? ''
  }

  apply(arrived: readonly ArrivedResource[], removed: readonly string[]): RejectedResource[] {
    const rejected: RejectedResource[] = []
    for (const resource of arrived) {
      const { name, version, value } = resource
      const route = this.#routes.get(name)
      if (route?.value === undefined) continue
      try {
        this.#update(route as NamedResource<RouteValue> & { value: RouteValue }, resource)
        this.records.accept(name, version, value)
      } catch (thrown) {
        const message = configErrorText(thrown)
        this.records.reject(name, version, value, message)
        rejected.push({ name, message })
      }
    }
    // As in Envoy: routes go when no listener refers to them, not when the server says so.
    for (const name of removed) this.#routes.get(name)?.gate.open()
    return rejected
  }

  #update(route: NamedResource<RouteValue> & { value: RouteValue }, { name, value }: ArrivedResource): void {
    const content = contentVersion(value)
    if (content === route.value.version) {
      route.gate.open()
      return
    }
    const at = FieldPath.of('route configuration', name)
    const message = decodeStrict(MESSAGE, value, at)
    if ((message.name ?? '') !== name)
      throw at.field('name').invalid(`is ${JSON.stringify(message.name ?? '')}`)
    const { environment } = this.#options
    const compiled = compileRouteConfig(
      message,
      {
        values: environment.headerValues,
        filterConfigs: (configs, path) => compileFilterConfigs(configs, environment, path),
      },
      at,
    )
    route.value.version = content
    route.value.cancelPending()
    route.value.pending = compiled
    route.value.cancelPending = this.#whenClustersAreWarm(compiled, name, () => {
      route.value.current = compiled
      route.value.pending = undefined
      for (const slot of route.value.slots) slot.current = compiled.config
      this.#options.changed()
      route.gate.open()
    })
  }

  #whenClustersAreWarm(compiled: CompiledRouteConfig, name: string, use: () => void): () => void {
    const { clock, log, warmingClusters } = this.#options
    const gates = warmingClusters(compiled.clusters)
    let timer: Timer | undefined
    const cancel = whenAllOpen(gates, () => {
      timer?.cancel()
      use()
    })
    if (gates.some((gate) => !gate.isOpen))
      timer = clock.setTimeout(() => {
        cancel()
        log.warn('routes are used although clusters that they name are not warm', {
          routes: name,
          waitedFor: gates.filter((gate) => !gate.isOpen).map((gate) => gate.label),
        })
        use()
      }, HOLD_MS)
    return () => {
      cancel()
      timer?.cancel()
    }
  }

  close(): void {
    for (const { value } of this.#routes.values()) value?.cancelPending()
    this.#routes.close()
  }
}
