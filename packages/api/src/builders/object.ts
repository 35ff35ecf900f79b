import type { KubernetesObject, Metadata } from '../k8s.ts'

/** What every plain constructor takes beside the fields of the spec. */
export interface ObjectOptions {
  /** Name of the object. */
  readonly name: string
  /** Namespace; left out it is that of the command that applies the object. */
  readonly namespace?: string
  /** Labels of the object. */
  readonly labels?: Readonly<Record<string, string>>
  /** Annotations of the object. */
  readonly annotations?: Readonly<Record<string, string>>
}

/** {@link ObjectOptions} of a kind that is served in several versions. */
export interface OptionsOf<T extends KubernetesObject> extends ObjectOptions {
  /** Version to write. @defaultValue the newest that Istio serves */
  readonly apiVersion?: T['apiVersion']
}

/**
 * An object as a constructor makes it: it has a name, and nothing yet that only the API server writes.
 *
 * It can be given where the kind itself is wanted, and to clients of Kubernetes whose types have dates in the metadata.
 *
 * @example
 * const reviews: New<VirtualService> = virtualService({ name: 'reviews', hosts: ['reviews'] })
 */
export type New<T extends KubernetesObject> = T & {
  readonly metadata: {
    readonly name: string
    readonly creationTimestamp?: never
    readonly deletionTimestamp?: never
    readonly managedFields?: never
  }
}

/** Metadata from the options of a constructor. */
export function metadataOf(options: ObjectOptions): Metadata & { name: string } {
  const { name, namespace, labels, annotations } = options
  return withoutUndefined({ name, namespace, labels, annotations }) as Metadata & { name: string }
}

/** An object of a kind: the options of a constructor become metadata and spec. */
export function objectOf<T extends KubernetesObject>(
  newest: T['apiVersion'],
  kind: T['kind'],
  options: OptionsOf<T>,
): New<T> {
  const { apiVersion = newest, name, namespace, labels, annotations, ...spec } = options
  const metadata = metadataOf({ name, namespace, labels, annotations } as ObjectOptions)
  return { apiVersion, kind, metadata, spec: withoutUndefined(spec) } as unknown as New<T>
}

/** A copy without fields that are undefined, at all depths. */
export function withoutUndefined<T>(value: T): T {
  if (Array.isArray(value)) return value.map((item: unknown) => withoutUndefined(item)) as T
  if (typeof value !== 'object' || value === null) return value
  const fields = Object.entries(value).filter(([, field]) => field !== undefined)
  // Not by assignment, which `__proto__` would change the meaning of.
  return Object.fromEntries(fields.map(([key, field]) => [key, withoutUndefined(field)])) as T
}
