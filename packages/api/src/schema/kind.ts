import type { TSchema } from 'typebox'

/** A column of `kubectl get`. */
export interface PrinterColumn {
  readonly name: string
  readonly jsonPath: string
  readonly type: 'string' | 'date' | 'integer' | 'boolean'
  readonly description: string
}

/** A Kubernetes kind: its names, its versions and the schemas of its parts. */
export interface KindSchema {
  readonly kind: string
  readonly group: string
  /** Versions that are served, the newest first. */
  readonly versions: readonly string[]
  /** The version that is stored. @defaultValue the first */
  readonly storedVersion?: string
  readonly plural: string
  readonly shortNames?: readonly string[]
  readonly scope: 'Namespaced' | 'Cluster'
  readonly description: string
  /** Page of istio.io, Gateway API or Kubernetes that describes it. */
  readonly docs: string
  /** Top-level parts beside `apiVersion`, `kind` and `metadata`: `spec`, `status`, or the fields of a core kind. */
  readonly parts: Readonly<Record<string, TSchema>>
  readonly required?: readonly string[]
  readonly printerColumns?: readonly PrinterColumn[]
  /** How this project treats the kind: a CRD of Istio, of the Gateway API, built into Kubernetes, or a file only. */
  readonly origin: 'istio' | 'gateway-api' | 'kubernetes' | 'document'
  readonly example?: string
}

/** Declares a kind. */
export function defineKind(kind: KindSchema): KindSchema {
  return Object.freeze(kind)
}

/** The column that every list of Istio's kinds ends with. */
export const AGE_COLUMN: PrinterColumn = {
  name: 'Age',
  jsonPath: '.metadata.creationTimestamp',
  type: 'date',
  description:
    'CreationTimestamp is the time at which the API server made the object, in RFC 3339 form and UTC. Clients may not set it.',
}
