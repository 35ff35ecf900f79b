import type { AnalysisContext } from './context.ts'
import type { MessageCode } from './messages.ts'

/** One check, or a few that look at the same thing. To add one: one file under `analyzers/`, one line in its index. */
export interface Analyzer {
  /** Name as `istioctl analyze -L` lists it. */
  readonly name: string
  /** Further names: that of the type in Istio's source, where its list has another. */
  readonly aliases?: readonly string[]
  /** What it does, in one sentence. */
  readonly description: string
  /** What it can report. */
  readonly codes: readonly MessageCode[]
  /** Runs only when it is asked for by name. */
  readonly isOptional?: boolean
  analyze(context: AnalysisContext): void
}
