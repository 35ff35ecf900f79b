import type { KubernetesObject } from '@batten/api'
import type { Finding } from './finding.ts'

/** Where an object was read: for findings. */
export interface Origin {
  /** `file:///...`, `memory` or a kube cluster's name. */
  readonly source: string
  /** File path, when there is one. */
  readonly file?: string
  /** 1-based line and column of a field (`spec.http[0].timeout`), of its key or its value; undefined when unknown. */
  position?(path: string, at?: 'key' | 'value'): { line: number; column: number } | undefined
}

/** A source of objects: a directory, memory, a Kubernetes API server. */
export interface ObjectSource {
  /** Starts reading; resolves after the first complete list was handed to the sink. */
  start(sink: ObjectSink): Promise<void>
  /** Hands what changed to the sink now, for sources that otherwise wait for events. */
  refresh?(): Promise<void>
  close(): Promise<void>
}

/** What sources write into. A batch is applied at once: the model never shows half of a file. */
export interface ObjectSink {
  apply(batch: ObjectBatch): void
  /** Says what is wrong with what `source` reads, apart from its objects; replaces what was said before. */
  report(source: string, findings: readonly Finding[]): void
}

export interface ObjectBatch {
  readonly upserts: readonly { readonly object: KubernetesObject; readonly origin: Origin }[]
  /** `apiVersion-group/kind/namespace/name` keys; see `objectKey`. Removals happen before upserts. */
  readonly removals: readonly string[]
}
