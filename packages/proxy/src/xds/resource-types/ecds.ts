import type { Clock, Logger } from '@batten/core'
import { codec, contentVersion, TYPE_URLS } from '@batten/xds'
import { FieldPath } from '../../config/field-path.ts'
import type { ExtensionReference } from '../../config/resource-references.ts'
import { decodeStrict } from '../../config/unpack.ts'
import { configErrorText } from '../../errors.ts'
import type { HttpFilterFactory } from '../../http/filter.ts'
import { ResourceRecords } from '../dump.ts'
import { type NamedResource, NamedResources } from '../named-resources.ts'
import type { ArrivedResource, RejectedResource, ResourceHandler } from '../resource-handler.ts'
import type { SourceRouter } from '../sources.ts'

const MESSAGE = 'envoy.config.core.v3.TypedExtensionConfig'

interface ExtensionValue {
  /** Places in filter chains; each has a filter of its own, since it knows where it stands. */
  readonly users: Set<ExtensionReference>
  current: ArrivedResource | undefined
  version: string
}

/**
 * Extension configurations: HTTP filters that come apart from their listener. A change swaps the filter for new
 * streams; streams in flight keep the one they have.
 */
export class ExtensionResources implements ResourceHandler {
  readonly typeUrl = TYPE_URLS.ECDS
  readonly shortName = 'ecds'
  readonly records: ResourceRecords
  readonly #extensions: NamedResources<ExtensionValue>

  constructor(router: SourceRouter, clock: Clock, log: Logger) {
    this.records = new ResourceRecords(clock)
    this.#extensions = new NamedResources(this.typeUrl, 'extension', router, clock, log)
  }

  /**
   * Fills the slot of the reference, now and with every change.
   *
   * @throws BattenError when what arrived earlier does not fit this place
   */
  acquire(reference: ExtensionReference): NamedResource<ExtensionValue> {
    const extension = this.#extensions.acquire(reference)
    const value = (extension.value ??= { users: new Set(), current: undefined, version: '' })
    if (value.current === undefined) {
      const useFallback = () => {
        if (reference.slot.current === undefined) reference.slot.current = reference.fallback
      }
      if (reference.withoutWarming) useFallback()
      else extension.gate.whenOpen(useFallback)
    } else {
      try {
        reference.slot.current = compileFor(reference, value.current)
      } catch (thrown) {
        this.#extensions.release(reference.name)
        throw thrown
      }
    }
    value.users.add(reference)
    return extension
  }

  release(reference: ExtensionReference): void {
    this.#extensions.get(reference.name)?.value?.users.delete(reference)
    if (this.#extensions.release(reference.name)) this.records.remove(reference.name)
  }

  nameOf(value: Uint8Array): string {
    return codec(MESSAGE).decode(value).name ?? ''
  }

  apply(arrived: readonly ArrivedResource[], removed: readonly string[]): RejectedResource[] {
    const rejected: RejectedResource[] = []
    for (const resource of arrived) {
      const { name, version, value } = resource
      const extension = this.#extensions.get(name)
      if (extension?.value === undefined) continue
      try {
        this.#update(extension.value, resource)
        this.records.accept(name, version, value)
      } catch (thrown) {
        const message = configErrorText(thrown)
        this.records.reject(name, version, value, message)
        rejected.push({ name, message })
        continue
      }
      extension.gate.open()
    }
    // Differs from Envoy: a filter that is taken away stays until its listener no longer has a place for it.
    for (const name of removed) this.#extensions.get(name)?.gate.open()
    return rejected
  }

  /** All places or none. */
  #update(value: ExtensionValue, arrived: ArrivedResource): void {
    const version = contentVersion(arrived.value)
    if (version === value.version) return
    const made: [ExtensionReference, HttpFilterFactory][] = []
    try {
      for (const reference of value.users) made.push([reference, compileFor(reference, arrived)])
    } catch (thrown) {
      for (const [, factory] of made) factory.close?.()
      throw thrown
    }
    value.version = version
    value.current = { ...arrived, value: arrived.value.slice() }
    for (const [reference, factory] of made) {
      const old = reference.slot.current
      reference.slot.current = factory
      if (old !== reference.fallback) old?.close?.()
    }
  }

  close(): void {
    this.#extensions.close()
  }
}

function compileFor(reference: ExtensionReference, { name, value }: ArrivedResource): HttpFilterFactory {
  const at = FieldPath.of('extension', name)
  const message = decodeStrict(MESSAGE, value, at)
  if ((message.name ?? '') !== name)
    throw at.field('name').invalid(`is ${JSON.stringify(message.name ?? '')}`)
  if (message.typedConfig === undefined) throw at.field('typedConfig').invalid('is required')
  return reference.compile(message.typedConfig, at.field('typedConfig'))
}
