/** One CEL rule of a schema node. */
export interface Rule {
  readonly rule: string
  readonly message?: string
  readonly messageExpression?: string
  readonly reason?: string
  readonly fieldPath?: string
  readonly optionalOldSelf?: boolean
}

/** The CEL rules and defaults of a schema: only the branches of it that have any. */
export interface RuleNode {
  readonly rules?: readonly Rule[]
  readonly fields?: Readonly<Record<string, RuleNode>>
  readonly items?: RuleNode
  readonly values?: RuleNode
  /** Keys that identify items of a list, so that an item can be compared with what it was. */
  readonly keys?: readonly string[]
  /** What the API server writes for missing fields before rules run. */
  readonly defaults?: Readonly<Record<string, unknown>>
}
