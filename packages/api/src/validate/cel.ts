import { compileCel, type Program } from '../cel/compile.ts'
import { goDuration } from '../cel/functions/time.ts'
import { CelError, fromJson, Optional, type Value, type ValueSchema } from '../cel/value.ts'
import { type Issue, isFields, type PathSegment } from './check.ts'
import { typeName } from './findings.ts'
import { counterpart, sameJson } from './ratchet.ts'
import type { Rule, RuleNode } from './rule-node.ts'

const programs = new Map<string, Program>()

/** Rules of a CRD are few; those of strangers must not fill the memory. */
const MAX_PROGRAMS = 2000

/** Rules that are so frequent that they are worth a function; a test compares them with the engine. */
export const NATIVE_RULES: ReadonlyMap<string, (self: unknown) => boolean> = new Map<
  string,
  (self: unknown) => boolean
>([
  [
    "duration(self) >= duration('1ms')",
    (self) => typeof self === 'string' && (goDuration(self) ?? 0n) >= 1_000_000n,
  ],
  ['0 < self && self <= 65535', (self) => typeof self === 'number' && self > 0 && self <= 65535],
  ['!self.contains("*")', (self) => typeof self === 'string' && !self.includes('*')],
])

/** Compiles a rule, once. */
export function ruleProgram(rule: string): Program {
  let program = programs.get(rule)
  if (program === undefined) {
    program = compileCel(rule, ['self', 'oldSelf'])
    if (programs.size >= MAX_PROGRAMS) programs.clear()
    programs.set(rule, program)
  }
  return program
}

/** What {@link celIssues} needs beside the value. */
export interface CelContext {
  /** What the value was before an update; transition rules run only when it is known. */
  readonly old?: unknown
  /** Paths at which the schema found something: rules above them could not be trusted. */
  readonly broken?: readonly (readonly PathSegment[])[]
  /** Schema of the value, where numbers that are doubles and nulls that stay matter. */
  readonly schema?: ValueSchema
}

/** What a rule found. Keys of maps stand in brackets in the messages of the API server, fields do not. */
export interface CelIssue extends Issue {
  /** The path as it is shown, where it goes through a map. */
  readonly shown?: string
}

/** Runs the CEL rules of a node and of all below it. Paths are from the root. */
export function celIssues(
  value: unknown,
  node: RuleNode,
  path: readonly PathSegment[],
  context: CelContext = {},
): CelIssue[] {
  const out: CelIssue[] = []
  const walker = new Walker(out, context.broken ?? [])
  const [now, before] = hasDefaults(node)
    ? [defaulted(value, node), defaulted(context.old, node)]
    : [value, context.old]
  walker.visit(now, before, node, [...path], context.schema)
  return out
}

class Walker {
  private readonly out: CelIssue[]
  /** Positions in the path that are keys of maps. */
  private readonly keys: number[] = []
  private readonly broken: readonly (readonly PathSegment[])[]

  constructor(out: CelIssue[], broken: readonly (readonly PathSegment[])[]) {
    this.out = out
    this.broken = broken
  }

  visit(
    value: unknown,
    old: unknown,
    node: RuleNode,
    path: PathSegment[],
    schema: ValueSchema | undefined,
  ): void {
    if (value === undefined || value === null) return
    if (node.rules !== undefined && !this.isBroken(path)) {
      for (const rule of node.rules) this.run(rule, value, old, path, schema)
    }
    if (node.fields !== undefined && isFields(value)) {
      for (const key in node.fields) {
        const field = value[key]
        if (field === undefined || field === null) continue
        this.below(
          key,
          field,
          isFields(old) ? old[key] : undefined,
          node.fields[key]!,
          path,
          schema?.properties?.[key],
        )
      }
    }
    if (node.values !== undefined && isFields(value)) {
      this.keys.push(path.length)
      for (const key in value) {
        this.below(
          key,
          value[key],
          isFields(old) ? old[key] : undefined,
          node.values,
          path,
          schema?.additionalProperties,
        )
      }
      this.keys.pop()
    }
    if (node.items !== undefined && Array.isArray(value)) {
      for (let i = 0; i < value.length; i++) {
        this.below(i, value[i], counterpart(value[i], old, node.keys), node.items, path, schema?.items)
      }
    }
  }

  private below(
    key: PathSegment,
    value: unknown,
    old: unknown,
    node: RuleNode,
    path: PathSegment[],
    schema: ValueSchema | undefined,
  ): void {
    path.push(key)
    this.visit(value, old, node, path, schema)
    path.pop()
  }

  private run(
    rule: Rule,
    value: unknown,
    old: unknown,
    path: readonly PathSegment[],
    schema: ValueSchema | undefined,
  ): void {
    const native = NATIVE_RULES.get(rule.rule)
    if (native?.(value) === true) return
    const program = ruleProgram(rule.rule)
    const isTransition = program.uses.has('oldSelf')
    // What was wrong before an update may stay.
    if (!isTransition && old !== undefined && old !== null && sameJson(value, old)) return
    if (isTransition && old === undefined && rule.optionalOldSelf !== true) return
    const variables: Record<string, Value> = { self: fromJson(value, schema) }
    if (isTransition) {
      const before = old === undefined || old === null ? undefined : fromJson(old, schema)
      variables['oldSelf'] = rule.optionalOldSelf === true ? new Optional(before) : (before ?? null)
    }
    const problem = this.problem(program, rule, variables)
    if (problem === undefined) return
    if (problem.isFailure) {
      // The rule could not be evaluated: only the type of the value is told.
      this.out.push({
        path: [...path],
        kind: 'cel',
        value: typeName(value),
        message: problem.message,
        ...this.shown(path),
      })
      return
    }
    const field = rule.fieldPath === undefined ? [] : fieldSegments(rule.fieldPath)
    this.out.push({
      path: [...path, ...field],
      kind: 'cel',
      ...(typeof value === 'object' ? {} : { value }),
      message: problem.message,
      ...(rule.reason === undefined ? {} : { expected: rule.reason }),
      ...this.shown([...path, ...field]),
    })
  }

  private shown(path: readonly PathSegment[]): { readonly shown?: string } {
    if (this.keys.length === 0) return {}
    let text = ''
    for (const [i, segment] of path.entries()) {
      const isInBrackets = typeof segment === 'number' || this.keys.includes(i)
      text += isInBrackets ? `[${segment}]` : `${text === '' ? '' : '.'}${segment}`
    }
    return { shown: text }
  }

  private problem(
    program: Program,
    rule: Rule,
    variables: Readonly<Record<string, Value>>,
  ): { readonly message: string; readonly isFailure: boolean } | undefined {
    const fallback = rule.message?.trim() ?? `failed rule: ${rule.rule.trim()}`
    try {
      const result = program.evaluate(variables)
      if (result === true) return undefined
      const own =
        rule.messageExpression === undefined ? undefined : this.text(rule.messageExpression, variables)
      return { message: own ?? fallback, isFailure: false }
    } catch (thrown) {
      if (!(thrown instanceof CelError)) throw thrown
      const text = (rule.message ?? rule.rule).trim()
      const message = thrown.message.startsWith('no such overload')
        ? `'${thrown.message}': call arguments did not match a supported operator, function or macro signature for rule: ${text}`
        : `${thrown.message} evaluating rule: ${text}`
      return { message, isFailure: true }
    }
  }

  private text(expression: string, variables: Readonly<Record<string, Value>>): string | undefined {
    try {
      const value = ruleProgram(expression).evaluate(variables)
      return typeof value === 'string' && value.trim() !== '' && !value.includes('\n') ? value : undefined
    } catch {
      return undefined
    }
  }

  /** Whether the schema found something at a path or below it. */
  private isBroken(path: readonly PathSegment[]): boolean {
    return this.broken.some(
      (broken) => broken.length >= path.length && path.every((segment, i) => broken[i] === segment),
    )
  }
}

/** Steps of a `fieldPath`: `.spec.a`, `.a['b.c']`. */
function fieldSegments(fieldPath: string): PathSegment[] {
  return [...fieldPath.matchAll(/\.([^.[\]]+)|\['((?:[^'\\]|\\.)*)'\]/g)].map(
    ([, name, quoted]) => name ?? quoted!.replace(/\\(.)/g, '$1'),
  )
}

const nodesWithDefaults = new WeakMap<RuleNode, boolean>()

function hasDefaults(node: RuleNode): boolean {
  let has = nodesWithDefaults.get(node)
  if (has === undefined) {
    const children = [...Object.values(node.fields ?? {}), node.items, node.values]
    has = node.defaults !== undefined || children.some((child) => child !== undefined && hasDefaults(child))
    nodesWithDefaults.set(node, has)
  }
  return has
}

/** A copy with the defaults in the place of missing fields. */
function defaulted(value: unknown, node: RuleNode): unknown {
  if (Array.isArray(value)) {
    const items = node.items
    return items === undefined ? value : value.map((item: unknown) => defaulted(item, items))
  }
  if (!isFields(value)) return value
  const out = { ...value }
  for (const key in node.defaults) out[key] ??= node.defaults[key]
  for (const key in out) {
    const child = node.fields?.[key] ?? node.values
    if (child !== undefined) out[key] = defaulted(out[key], child)
  }
  return out
}
