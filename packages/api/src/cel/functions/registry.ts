import type { Value } from '../value.ts'

/** A function: its arguments, the receiver of a method first. Returns undefined when no overload fits. */
export type CelFunction = (args: readonly Value[]) => Value | undefined

/** How a function may be called. */
export interface Definition {
  readonly name: string
  /** `x.f()`, `f(x)`, or both. */
  readonly form: 'method' | 'global' | 'both'
  readonly run: CelFunction
}

/** Declares a method: `x.f(y)`. */
export function method(name: string, run: CelFunction): Definition {
  return { name, form: 'method', run }
}

/** Declares a function: `f(x)`. */
export function global(name: string, run: CelFunction): Definition {
  return { name, form: 'global', run }
}
