import type { Expr } from './ast.ts'
import { callFunction, isFunction } from './functions/index.ts'
import { parse } from './parser.ts'
import {
  CelError,
  compareNumbers,
  equals,
  fromJson,
  List,
  Mapping,
  Optional,
  show,
  Type,
  typeOf,
  type Value,
  type ValueSchema,
} from './value.ts'

/** Variables of an evaluation, in the order in which the program was compiled with them, then those of macros. */
type Env = (Value | undefined)[]

type Thunk = (env: Env, budget: Budget) => Value

/** Steps that an evaluation may still take. */
interface Budget {
  steps: number
}

/** Steps of one evaluation; each round of a loop is one. A rule of a CRD takes some thousands at most. */
const MAX_STEPS = 10_000_000

/** A compiled expression. */
export interface Program {
  readonly source: string
  /** Variables that the expression uses, of those it was compiled with. */
  readonly uses: ReadonlySet<string>
  /**
   * Evaluates the expression.
   *
   * @throws CelError when a field is missing, types do not fit, or the expression takes too many steps
   */
  evaluate(variables: Readonly<Record<string, Value>>): Value
}

/**
 * Compiles an expression with the names of its variables.
 *
 * @throws CelError for a mistake in the expression, an unknown name or function
 * @example
 * compileCel('self.all(key, key.size() > 0)', ['self']).evaluate({ self: Mapping.json({ a: 1 }) })
 */
export function compileCel(source: string, variables: readonly string[]): Program {
  const compiler = new Compiler(variables)
  const thunk = compiler.compile(parse(source))
  return {
    source,
    uses: compiler.uses,
    evaluate(values) {
      const env: Env = variables.map((name) => values[name])
      return thunk(env, { steps: MAX_STEPS })
    },
  }
}

const TYPES = new Map<string, Value>(
  ['int', 'uint', 'double', 'string', 'bool', 'bytes', 'list', 'map', 'null_type', 'type'].map((name) => [
    name,
    new Type(name),
  ]),
)

class Compiler {
  readonly uses = new Set<string>()
  private readonly slots: string[]
  private readonly free: ReadonlySet<string>

  constructor(variables: readonly string[]) {
    this.slots = [...variables]
    this.free = new Set(variables)
  }

  compile(expr: Expr): Thunk {
    switch (expr.kind) {
      case 'const': {
        const { value } = expr
        return () => value
      }
      case 'ident':
        return this.ident(expr.name, expr.at)
      case 'select':
        return this.select(expr)
      case 'index':
        return this.index(expr)
      case 'call':
        return this.call(expr)
      case 'list':
        return this.list(expr)
      case 'map':
        return this.map(expr)
      case 'loop':
        return this.loop(expr)
      case 'bind': {
        const value = this.compile(expr.value)
        const [body, slot] = this.scoped([expr.name], () => this.compile(expr.body))
        return (env, budget) => body(withSlot(env, slot, value(env, budget)), budget)
      }
      case 'optional':
        return this.optional(expr)
    }
  }

  private ident(name: string, at: number): Thunk {
    const slot = this.slots.lastIndexOf(name)
    if (slot < 0) {
      const type = TYPES.get(name)
      if (type !== undefined) return () => type
      throw new CelError(`undeclared reference to '${name}'`, at)
    }
    if (this.free.has(name) && slot < this.free.size) this.uses.add(name)
    return (env) => {
      const value = env[slot]
      if (value === undefined) throw new CelError(`no such attribute: ${name}`, at)
      return value
    }
  }

  private select({ operand, field, test, optional, at }: Extract<Expr, { kind: 'select' }>): Thunk {
    const from = this.compile(operand)
    const key = unescapeName(field)
    if (test) {
      return (env, budget) => {
        const value = unwrap(from(env, budget))
        if (value instanceof Optional) return false
        if (!(value instanceof Mapping))
          throw new CelError(`no such overload: has(${typeOf(value)}.${field})`, at)
        return value.get(key) !== undefined
      }
    }
    return (env, budget) => {
      const value = from(env, budget)
      const isOptional = optional || value instanceof Optional
      const holder = unwrap(value)
      if (holder instanceof Optional) return holder
      if (!(holder instanceof Mapping)) {
        throw new CelError(`no such overload: ${typeOf(holder)}.${field}`, at)
      }
      const found = holder.get(key)
      if (isOptional) return new Optional(found)
      if (found === undefined) throw new CelError(`no such key: ${field}`, at)
      return found
    }
  }

  private index({ operand, index, optional, at }: Extract<Expr, { kind: 'index' }>): Thunk {
    const from = this.compile(operand)
    const key = this.compile(index)
    return (env, budget) => {
      const value = from(env, budget)
      const isOptional = optional || value instanceof Optional
      const holder = unwrap(value)
      if (holder instanceof Optional) return holder
      const wanted = key(env, budget)
      const found = element(holder, wanted, at)
      if (isOptional) return new Optional(found)
      if (found !== undefined) return found
      throw new CelError(
        holder instanceof List ? `index out of bounds: ${show(wanted)}` : `no such key: ${show(wanted)}`,
        at,
      )
    }
  }

  private call({ name, target, args, at }: Extract<Expr, { kind: 'call' }>): Thunk {
    const special = this.logic(name, args)
    if (special !== undefined) return special
    const all = target === undefined ? [...args] : [target, ...args]
    // A function of a library may look like a method of a name: `ip.isCanonical(x)`, `format.dns1123Label()`.
    if (target?.kind === 'ident' && !this.slots.includes(target.name)) {
      const qualified = `${target.name}.${name}`
      if (isFunction(qualified)) return this.invoke(qualified, args, false, at)
    }
    if (!isFunction(name)) throw new CelError(`undeclared reference to '${name}'`, at)
    return this.invoke(name, all, target !== undefined, at)
  }

  private invoke(name: string, args: readonly Expr[], isMethod: boolean, at: number): Thunk {
    const thunks = args.map((arg) => this.compile(arg))
    const run: Thunk = (env, budget) => {
      const values: Value[] = []
      for (const thunk of thunks) values.push(thunk(env, budget))
      try {
        return callFunction(name, values, isMethod)
      } catch (thrown) {
        if (thrown instanceof CelError && thrown.at === undefined) throw new CelError(thrown.message, at)
        throw thrown
      }
    }
    // A function of constants is a constant: `duration('1ms')`.
    if (args.length > 0 && args.every((arg) => arg.kind === 'const')) {
      let value: Value | undefined
      return (env, budget) => (value ??= run(env, budget))
    }
    return run
  }

  /** Operators that do not evaluate all their operands. */
  private logic(name: string, args: readonly Expr[]): Thunk | undefined {
    if (name === '_&&_' || name === '_||_') {
      const [left, right] = args.map((arg) => this.compile(arg)) as [Thunk, Thunk]
      const decides = name === '_||_'
      return (env, budget) => {
        const first = attempt(left, env, budget)
        if (first === decides) return decides
        const second = attempt(right, env, budget)
        // An error on one side does not matter when the other side decides.
        if (second === decides) return decides
        if (first instanceof CelError) throw first
        if (second instanceof CelError) throw second
        return boolean(first, name) && boolean(second, name)
      }
    }
    if (name === '_?_:_') {
      const [condition, yes, no] = args.map((arg) => this.compile(arg)) as [Thunk, Thunk, Thunk]
      return (env, budget) => (boolean(condition(env, budget), name) ? yes(env, budget) : no(env, budget))
    }
    return undefined
  }

  private list({ items }: Extract<Expr, { kind: 'list' }>): Thunk {
    const thunks = items.map(({ value, optional }) => ({ value: this.compile(value), optional }))
    return (env, budget) => {
      const out: Value[] = []
      for (const { value, optional } of thunks) {
        const item = value(env, budget)
        if (!optional) out.push(item)
        else if (!(item instanceof Optional))
          throw new CelError('an optional element needs an optional value')
        else if (item.value !== undefined) out.push(item.value)
      }
      return List.of(out)
    }
  }

  private map({ entries }: Extract<Expr, { kind: 'map' }>): Thunk {
    const thunks = entries.map(({ key, value, optional }) => ({
      key: this.compile(key),
      value: this.compile(value),
      optional,
    }))
    return (env, budget) => {
      const out: [Value, Value][] = []
      for (const { key, value, optional } of thunks) {
        const item = value(env, budget)
        if (!optional) out.push([key(env, budget), item])
        else if (!(item instanceof Optional)) throw new CelError('an optional entry needs an optional value')
        else if (item.value !== undefined) out.push([key(env, budget), item.value])
      }
      return Mapping.of(out)
    }
  }

  private optional({ macro, operand, name, body }: Extract<Expr, { kind: 'optional' }>): Thunk {
    const from = this.compile(operand)
    const [then, slot] = this.scoped([name], () => this.compile(body))
    return (env, budget) => {
      const value = from(env, budget)
      if (!(value instanceof Optional)) throw new CelError(`no such overload: ${typeOf(value)}.${macro}`)
      if (value.value === undefined) return value
      const mapped = then(withSlot(env, slot, value.value), budget)
      return macro === 'optMap' ? new Optional(mapped) : mapped
    }
  }

  private loop({ macro, range, names, filter, body, at }: Extract<Expr, { kind: 'loop' }>): Thunk {
    const source = this.compile(range)
    const [[keep, then], slot] = this.scoped(names, () => [
      filter === undefined ? undefined : this.compile(filter),
      this.compile(body),
    ])
    return (env, budget) => {
      const rounds = roundsOf(source(env, budget), names.length, at)
      const inner = env.slice()
      const round = (i: number): void => {
        if (--budget.steps < 0) throw new CelError('the expression takes too many steps', at)
        for (let n = 0; n < names.length; n++) inner[slot + n] = rounds[i]![n]!
      }
      const test = (i: number): Value | CelError => {
        round(i)
        return attempt(then, inner, budget)
      }
      switch (macro) {
        case 'all':
        case 'exists':
          return quantified(macro === 'exists', rounds.length, test)
        case 'existsOne': {
          let count = 0
          for (let i = 0; i < rounds.length; i++) {
            round(i)
            if (boolean(then(inner, budget), macro)) count++
          }
          return count === 1
        }
        default:
          break
      }
      const out: Value[] = []
      const entries: [Value, Value][] = []
      for (let i = 0; i < rounds.length; i++) {
        round(i)
        if (keep !== undefined && !boolean(keep(inner, budget), macro)) continue
        const value = then(inner, budget)
        if (macro === 'filter') {
          if (boolean(value, macro)) out.push(rounds[i]![0]!)
        } else if (macro === 'transformMap') entries.push([rounds[i]![0]!, value])
        else out.push(value)
      }
      return macro === 'transformMap' ? Mapping.of(entries) : List.of(out)
    }
  }

  /** Compiles with further names in scope; their first slot comes back as well. */
  private scoped<T>(names: readonly string[], compile: () => T): [T, number] {
    const slot = this.slots.length
    this.slots.push(...names)
    const out = compile()
    this.slots.length = slot
    return [out, slot]
  }
}

function withSlot(env: Env, slot: number, value: Value): Env {
  const inner = env.slice()
  inner[slot] = value
  return inner
}

/** `all` and `exists`: an item that decides outweighs errors of others. */
function quantified(decides: boolean, count: number, test: (i: number) => Value | CelError): boolean {
  let failure: CelError | undefined
  for (let i = 0; i < count; i++) {
    const value = test(i)
    if (value === decides) return decides
    if (value instanceof CelError) failure ??= value
    else boolean(value, decides ? 'exists' : 'all')
  }
  if (failure !== undefined) throw failure
  return !decides
}

/** What the variables of a loop stand for in each round: items, keys, or both with index or value. */
function roundsOf(value: Value, names: number, at: number): Value[][] {
  if (value instanceof List) {
    return value.values().map((item, i) => (names === 1 ? [item] : [BigInt(i), item]))
  }
  if (value instanceof Mapping)
    return value.keys().map((key) => (names === 1 ? [key] : [key, value.get(key)!]))
  throw new CelError(`expression of type '${typeOf(value)}' cannot be range of a comprehension`, at)
}

function attempt(thunk: Thunk, env: Env, budget: Budget): Value | CelError {
  try {
    return thunk(env, budget)
  } catch (thrown) {
    if (thrown instanceof CelError && budget.steps >= 0) return thrown
    throw thrown
  }
}

function boolean(value: Value, operator: string): boolean {
  if (typeof value === 'boolean') return value
  throw new CelError(`no such overload: ${typeOf(value)} in ${operator}`)
}

/** What an optional holds; an empty one stays. */
function unwrap(value: Value): Value {
  return value instanceof Optional && value.value !== undefined ? value.value : value
}

function element(holder: Value, key: Value, at: number): Value | undefined {
  if (holder instanceof Mapping) return holder.get(key)
  if (!(holder instanceof List)) throw new CelError(`no such overload: ${typeOf(holder)}[${typeOf(key)}]`, at)
  for (const index of [Math.trunc(Number(numeric(key, at)))]) {
    if (compareNumbers(key, BigInt(index)) === 0 && index >= 0 && index < holder.size) return holder.at(index)
  }
  return undefined
}

function numeric(value: Value, at: number): bigint | number {
  if (typeof value === 'bigint' || typeof value === 'number') return value
  throw new CelError(`unsupported index type '${typeOf(value)}' in list`, at)
}

/** Kubernetes escapes names that CEL cannot spell: `__dash__`, `__dot__`, `__slash__`, `__namespace__`. */
function unescapeName(name: string): string {
  if (!name.includes('__')) return name
  return name.replace(/__(underscores|dot|dash|slash|[a-z]+)__/g, (_, word: string) => {
    if (word === 'underscores') return '__'
    if (word === 'dot') return '.'
    if (word === 'dash') return '-'
    return word === 'slash' ? '/' : word
  })
}

export { CelError, equals, fromJson, type Value, type ValueSchema }
