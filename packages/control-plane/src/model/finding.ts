/** How much a finding matters: with an `error` something does not work as written. */
export type FindingSeverity = 'error' | 'warning' | 'info'

/** Something a user should know about the configuration: what, where, and what to do next. */
export interface Finding {
  /** Stable code, e.g. `CP_SUBSET_UNDEFINED`. */
  readonly code: string
  readonly severity: FindingSeverity
  /** One sentence. */
  readonly message: string
  /** `VirtualService default/reviews` */
  readonly object?: string | undefined
  /** Field path, e.g. `spec.http[0].route[0].destination.subset`. */
  readonly path?: string | undefined
  readonly file?: string | undefined
  /** 1-based. */
  readonly line?: number | undefined
  /** 1-based. */
  readonly column?: number | undefined
  /** The next action. */
  readonly hint?: string | undefined
}

const RANK: Record<FindingSeverity, number> = { error: 0, warning: 1, info: 2 }

/** By file, position, then severity and code: the order in which a person fixes them. */
export function compareFindings(a: Finding, b: Finding): number {
  return (
    compareText(a.file ?? '', b.file ?? '') ||
    (a.line ?? 0) - (b.line ?? 0) ||
    (a.column ?? 0) - (b.column ?? 0) ||
    RANK[a.severity] - RANK[b.severity] ||
    compareText(a.code, b.code) ||
    compareText(a.object ?? '', b.object ?? '') ||
    compareText(a.message, b.message)
  )
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
