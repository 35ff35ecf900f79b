import type { Clock, Logger } from '@batten/core'
import { codec, TYPE_URLS } from '@batten/xds'
import { compileEndpoints } from '../../config/compile-endpoints.ts'
import { FieldPath } from '../../config/field-path.ts'
import { MessageReader } from '../../config/message-reader.ts'
import type { ResourceReference } from '../../config/resource-references.ts'
import { decodeStrict } from '../../config/unpack.ts'
import { configErrorText } from '../../errors.ts'
import type { HostConfig } from '../../upstream/cluster-config.ts'
import { ResourceRecords } from '../dump.ts'
import { type NamedResource, NamedResources } from '../named-resources.ts'
import type { ArrivedResource, RejectedResource, ResourceHandler } from '../resource-handler.ts'
import type { SourceRouter } from '../sources.ts'

const MESSAGE = 'envoy.config.endpoint.v3.ClusterLoadAssignment'

/** Endpoints of EDS clusters, by service name. */
export class EndpointResources implements ResourceHandler {
  readonly typeUrl = TYPE_URLS.EDS
  readonly shortName = 'eds'
  readonly records: ResourceRecords
  readonly #assignments: NamedResources<readonly HostConfig[]>
  readonly #changed: (serviceName: string, hosts: readonly HostConfig[]) => void

  constructor(
    router: SourceRouter,
    clock: Clock,
    log: Logger,
    changed: (serviceName: string, hosts: readonly HostConfig[]) => void,
  ) {
    this.records = new ResourceRecords(clock)
    this.#assignments = new NamedResources(this.typeUrl, 'endpoints', router, clock, log)
    this.#changed = changed
  }

  acquire(reference: ResourceReference): NamedResource<readonly HostConfig[]> {
    return this.#assignments.acquire(reference)
  }

  release(serviceName: string): void {
    if (this.#assignments.release(serviceName)) this.records.remove(serviceName)
  }

  /** What is known of a service's endpoints; nothing before they arrive. */
  hostsOf(serviceName: string): readonly HostConfig[] {
    return this.#assignments.get(serviceName)?.value ?? []
  }

  nameOf(value: Uint8Array): string {
    return codec(MESSAGE).decode(value).clusterName ?? ''
  }

  apply(arrived: readonly ArrivedResource[], removed: readonly string[]): RejectedResource[] {
    const rejected: RejectedResource[] = []
    for (const { name, version, value } of arrived) {
      const assignment = this.#assignments.get(name)
      if (assignment === undefined) continue
      try {
        const at = FieldPath.of('endpoints', name)
        const message = decodeStrict(MESSAGE, value, at)
        if ((message.clusterName ?? '') !== name)
          throw at.field('clusterName').invalid(`is ${JSON.stringify(message.clusterName ?? '')}`)
        assignment.value = compileEndpoints(new MessageReader(message, 'ClusterLoadAssignment', at))
        this.records.accept(name, version, value)
      } catch (thrown) {
        const text = configErrorText(thrown)
        this.records.reject(name, version, value, text)
        rejected.push({ name, message: text })
        continue
      }
      this.#changed(name, assignment.value)
      assignment.gate.open()
    }
    // As in Envoy, endpoints that are taken away stay in use: only their cluster's removal ends them.
    for (const name of removed) this.#assignments.get(name)?.gate.open()
    return rejected
  }

  close(): void {
    this.#assignments.close()
  }
}
