import type { Value } from './value.ts'

/** An expression of CEL. */
export type Expr =
  | { readonly kind: 'const'; readonly value: Value }
  | { readonly kind: 'ident'; readonly name: string; readonly at: number }
  | {
      readonly kind: 'select'
      readonly operand: Expr
      readonly field: string
      /** `has(a.b)` */
      readonly test: boolean
      /** `a.?b` */
      readonly optional: boolean
      readonly at: number
    }
  | {
      readonly kind: 'index'
      readonly operand: Expr
      readonly index: Expr
      readonly optional: boolean
      readonly at: number
    }
  | {
      readonly kind: 'call'
      readonly name: string
      readonly target: Expr | undefined
      readonly args: readonly Expr[]
      readonly at: number
    }
  | { readonly kind: 'list'; readonly items: readonly { readonly value: Expr; readonly optional: boolean }[] }
  | {
      readonly kind: 'map'
      readonly entries: readonly { readonly key: Expr; readonly value: Expr; readonly optional: boolean }[]
    }
  | {
      readonly kind: 'loop'
      readonly macro: LoopMacro
      readonly range: Expr
      readonly names: readonly string[]
      readonly filter: Expr | undefined
      readonly body: Expr
      readonly at: number
    }
  | { readonly kind: 'bind'; readonly name: string; readonly value: Expr; readonly body: Expr }
  | {
      readonly kind: 'optional'
      readonly macro: 'optMap' | 'optFlatMap'
      readonly operand: Expr
      readonly name: string
      readonly body: Expr
    }

/** Macros that go through a list or a map. */
export type LoopMacro = 'all' | 'exists' | 'existsOne' | 'map' | 'filter' | 'transformList' | 'transformMap'
