import type { KubernetesObject, Metadata } from '../k8s.ts'

/** What every plain constructor takes beside the fields of the spec. */
export interface ObjectOptions {
  /** Name of the object. */
  readonly name: string
  /** Namespace; left out it is that of the command that applies the object. */
  readonly namespace?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
}

/** Metadata from the options of a constructor. */
export function metadataOf(options: ObjectOptions): Metadata {
  const { name, namespace, labels, annotations } = options
  return withoutUndefined({
    name,
    namespace,
    labels: labels && { ...labels },
    annotations: annotations && { ...annotations },
  })
}

/** An object of a kind: the options of a constructor become metadata and spec. */
export function objectOf<T extends KubernetesObject, O extends ObjectOptions = ObjectOptions>(
  apiVersion: T['apiVersion'],
  kind: T['kind'],
  options: O,
): T {
  const { name, namespace, labels, annotations, ...spec } = options
  return {
    apiVersion,
    kind,
    metadata: metadataOf({ name, ...defined({ namespace, labels, annotations }) }),
    spec: withoutUndefined(spec),
  } as unknown as T
}

/** A copy without fields that are undefined, at all depths. */
export function withoutUndefined<T>(value: T): T {
  if (Array.isArray(value)) return value.map((item: unknown) => withoutUndefined(item)) as T
  if (typeof value !== 'object' || value === null) return value
  const out: Record<string, unknown> = {}
  for (const [key, field] of Object.entries(value)) {
    if (field !== undefined) out[key] = withoutUndefined(field)
  }
  return out as T
}

function defined<T extends object>(value: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }
}
