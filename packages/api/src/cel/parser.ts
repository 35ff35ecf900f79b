import type { Expr, LoopMacro } from './ast.ts'
import { type Token, tokenize } from './lexer.ts'
import { CelError, Uint } from './value.ts'

/** Deeper nesting than any rule needs, and far from what the stack bears. */
const MAX_DEPTH = 250

const RELATIONS = new Set(['<', '<=', '>=', '>', '==', '!=', 'in'])
const LITERALS = new Set(['true', 'false', 'null'])
const RESERVED = new Set([
  'as',
  'break',
  'const',
  'continue',
  'else',
  'for',
  'function',
  'if',
  'import',
  'let',
  'loop',
  'package',
  'namespace',
  'return',
  'var',
  'void',
  'while',
])

/** Options of {@link parse}. */
export interface ParseOptions {
  /**
   * Whether the expression is for CEL as it is, without what Kubernetes adds: there are no optional values, and there
   * may be messages (`google.type.Money{units: 1}`).
   *
   * @defaultValue false
   */
  readonly isPlain?: boolean
}

/** Parses an expression; throws a {@link CelError} that says where it is wrong. */
export function parse(source: string, { isPlain = false }: ParseOptions = {}): Expr {
  return new Parser(tokenize(source), isPlain).whole()
}

class Parser {
  private readonly tokens: readonly Token[]
  private next = 0
  private depth = 0

  private readonly isPlain: boolean

  constructor(tokens: readonly Token[], isPlain: boolean) {
    this.tokens = tokens
    this.isPlain = isPlain
  }

  whole(): Expr {
    const expr = this.expr()
    if (this.token.kind !== 'end') throw this.unexpected()
    return expr
  }

  private get token(): Token {
    return this.tokens[this.next]!
  }

  private expr(): Expr {
    if (++this.depth > MAX_DEPTH) throw new CelError('the expression is nested too deep', this.token.at)
    const condition = this.or()
    let out = condition
    if (this.take('?')) {
      const yes = this.or()
      this.expect(':')
      out = this.call('_?_:_', undefined, [condition, yes, this.expr()])
    }
    this.depth--
    return out
  }

  private or(): Expr {
    return this.chain(['||'], () => this.chain(['&&'], () => this.relation()))
  }

  private relation(): Expr {
    let left = this.sum()
    while (RELATIONS.has(this.token.text) && this.token.kind !== 'string') {
      const operator = this.advance().text
      left = this.call(`_${operator}_`, undefined, [left, this.sum()])
    }
    return left
  }

  private sum(): Expr {
    return this.chain(['+', '-'], () => this.chain(['*', '/', '%'], () => this.unary()))
  }

  private chain(operators: readonly string[], part: () => Expr): Expr {
    let left = part()
    while (this.token.kind === 'op' && operators.includes(this.token.text)) {
      const operator = this.advance().text
      left = this.call(`_${operator}_`, undefined, [left, part()])
    }
    return left
  }

  private unary(): Expr {
    const { kind, text: operator } = this.token
    if (kind !== 'op' || (operator !== '!' && operator !== '-')) return this.member()
    this.advance()
    const { kind: operandKind, value } = this.token
    if (operator === '-' && (operandKind === 'int' || operandKind === 'double')) {
      this.advance()
      return this.suffixes(this.literal(typeof value === 'bigint' ? -value : -(value as number)))
    }
    // Operators repeat, but do not mix; a negative number is one token of the grammar.
    const { kind: nextKind, text: next } = this.token
    const isOther = nextKind === 'op' && (next === '!' || next === '-') && next !== operator
    if (isOther && !(next === '-' && this.isNumber(this.tokens[this.next + 1]))) throw this.unexpected()
    if (++this.depth > MAX_DEPTH) throw new CelError('the expression is nested too deep', this.token.at)
    const operand = this.unary()
    this.depth--
    return this.call(`${operator}_`, undefined, [operand])
  }

  private isNumber(token: Token | undefined): boolean {
    return token?.kind === 'int' || token?.kind === 'double'
  }

  private literal(value: bigint | number): Expr {
    if (typeof value === 'bigint' && (value > 2n ** 63n - 1n || value < -(2n ** 63n))) {
      throw new CelError('Syntax error: invalid int literal', this.token.at)
    }
    return { kind: 'const', value }
  }

  private member(): Expr {
    return this.suffixes(this.primary())
  }

  private suffixes(start: Expr): Expr {
    let left = start
    for (;;) {
      const at = this.token.at
      if (this.take('.')) {
        const field = this.identifier()
        if (this.token.text === '(' && this.token.kind === 'op') left = this.method(left, field, at)
        else left = { kind: 'select', operand: left, field, test: false, optional: false, at }
      } else if (this.takeOptional('.?')) {
        left = { kind: 'select', operand: left, field: this.identifier(), test: false, optional: true, at }
      } else if (this.take('[')) {
        const index = this.expr()
        this.expect(']')
        left = { kind: 'index', operand: left, index, optional: false, at }
      } else if (this.takeOptional('[?')) {
        const index = this.expr()
        this.expect(']')
        left = { kind: 'index', operand: left, index, optional: true, at }
      } else if (this.isPlain && isName(left) && this.take('{')) {
        left = this.message(at)
      } else return left
    }
  }

  private primary(): Expr {
    const token = this.advance()
    switch (token.kind) {
      case 'int':
        return this.literal(token.value as bigint)
      case 'uint':
        return { kind: 'const', value: new Uint(token.value as bigint) }
      case 'double':
      case 'string':
      case 'bytes':
        return { kind: 'const', value: token.value as number | string | Uint8Array }
      case 'ident':
        return this.identOrCall(token)
      case 'end':
        throw this.unexpected(token)
      case 'op':
        break
    }
    if (token.text === '(') {
      const inner = this.expr()
      this.expect(')')
      return inner
    }
    if (token.text === '[') return this.list(false)
    if (token.text === '[?' && !this.isPlain) return this.list(true)
    if (token.text === '{') return this.map()
    if (token.text === '.') {
      if (LITERALS.has(this.token.text)) throw this.unexpected()
      return this.identOrCall(this.advance())
    }
    throw this.unexpected(token)
  }

  private identOrCall(token: Token): Expr {
    const { text, at } = token
    if (text === 'true' || text === 'false') return { kind: 'const', value: text === 'true' }
    if (text === 'null') return { kind: 'const', value: null }
    if (token.kind !== 'ident' || token.value !== undefined || RESERVED.has(text) || text === 'in')
      throw this.unexpected(token)
    if (!(this.token.kind === 'op' && this.token.text === '(')) return { kind: 'ident', name: text, at }
    const args = this.args()
    if (text !== 'has') return { kind: 'call', name: text, target: undefined, args, at }
    const [operand] = args
    if (args.length !== 1 || operand?.kind !== 'select')
      throw new CelError('invalid argument to has() macro', at)
    return { ...operand, test: true }
  }

  private list(firstOptional: boolean): Expr {
    const items: { value: Expr; optional: boolean }[] = []
    let optional = firstOptional
    this.emptyTail(']')
    while (!this.take(']')) {
      optional = this.takeOptional('?') || optional
      items.push({ value: this.expr(), optional })
      optional = false
      if (!this.take(',')) {
        this.expect(']')
        break
      }
    }
    return { kind: 'list', items }
  }

  private map(): Expr {
    const entries: { key: Expr; value: Expr; optional: boolean }[] = []
    this.emptyTail('}')
    while (!this.take('}')) {
      const optional = this.takeOptional('?')
      const key = this.expr()
      this.expect(':')
      entries.push({ key, value: this.expr(), optional })
      if (!this.take(',')) {
        this.expect('}')
        break
      }
    }
    return { kind: 'map', entries }
  }

  /** Fields of a message after its name. What the message is does not matter to the syntax. */
  private message(at: number): Expr {
    const args: Expr[] = []
    this.emptyTail('}')
    while (!this.take('}')) {
      this.identifier()
      this.expect(':')
      args.push(this.expr())
      if (!this.take(',')) {
        this.expect('}')
        break
      }
    }
    return { kind: 'call', name: '_{}', target: undefined, args, at }
  }

  /** A comma may stand before the end also where nothing comes before it. */
  private emptyTail(close: string): void {
    const next = this.tokens[this.next + 1]
    if (next?.kind === 'op' && next.text === close) this.take(',')
  }

  private args(): Expr[] {
    this.expect('(')
    const out: Expr[] = []
    if (this.take(')')) return out
    do out.push(this.expr())
    while (this.take(','))
    this.expect(')')
    return out
  }

  /** A method call; macros look like one. */
  private method(target: Expr, name: string, at: number): Expr {
    const args = this.args()
    return this.macro(target, name, args, at) ?? { kind: 'call', name, target, args, at }
  }

  private macro(target: Expr, name: string, args: readonly Expr[], at: number): Expr | undefined {
    const [first, second] = args
    if (name === 'bind' && target.kind === 'ident' && target.name === 'cel' && args.length === 3) {
      return { kind: 'bind', name: this.variable(first!), value: second!, body: args[2]! }
    }
    if ((name === 'optMap' || name === 'optFlatMap') && args.length === 2) {
      return { kind: 'optional', macro: name, operand: target, name: this.variable(first!), body: second! }
    }
    const loop = (macro: LoopMacro, names: readonly Expr[], body: Expr, filter?: Expr): Expr => ({
      kind: 'loop',
      macro,
      range: target,
      names: names.map((one) => this.variable(one)),
      filter,
      body,
      at,
    })
    switch (name) {
      case 'all':
      case 'exists':
        if (args.length === 2) return loop(name, [first!], second!)
        return args.length === 3 ? loop(name, [first!, second!], args[2]!) : undefined
      case 'exists_one':
        return args.length === 2 ? loop('existsOne', [first!], second!) : undefined
      case 'existsOne':
        if (args.length === 2) return loop('existsOne', [first!], second!)
        return args.length === 3 ? loop('existsOne', [first!, second!], args[2]!) : undefined
      case 'map':
        if (args.length === 2) return loop('map', [first!], second!)
        return args.length === 3 ? loop('map', [first!], args[2]!, second!) : undefined
      case 'filter':
        return args.length === 2 ? loop('filter', [first!], second!) : undefined
      case 'transformList':
      case 'transformMap':
        if (args.length === 3) return loop(name, [first!, second!], args[2]!)
        return args.length === 4 ? loop(name, [first!, second!], args[3]!, args[2]!) : undefined
      default:
        return undefined
    }
  }

  private variable(expr: Expr): string {
    if (expr.kind !== 'ident') throw new CelError('argument is not an identifier', this.token.at)
    return expr.name
  }

  private call(name: string, target: Expr | undefined, args: readonly Expr[]): Expr {
    return { kind: 'call', name, target, args, at: this.token.at }
  }

  private identifier(): string {
    const token = this.advance()
    const isWord = LITERALS.has(token.text) || token.text === 'in'
    if (token.kind !== 'ident' || (isWord && token.value === undefined)) throw this.unexpected(token)
    return token.text
  }

  private advance(): Token {
    const token = this.token
    if (token.kind !== 'end') this.next++
    return token
  }

  private takeOptional(text: string): boolean {
    if (this.isPlain && this.token.kind === 'op' && this.token.text === text)
      throw new CelError(`unsupported syntax '${text}'`, this.token.at)
    return this.take(text)
  }

  private take(text: string): boolean {
    if (this.token.kind !== 'op' || this.token.text !== text) return false
    this.next++
    return true
  }

  private expect(text: string): void {
    if (!this.take(text)) throw this.unexpected()
  }

  private unexpected(token: Token = this.token): CelError {
    return new CelError(`Syntax error: mismatched input '${token.text}'`, token.at)
  }
}

/** Whether an expression is a name, with packages before it or without. */
function isName(expr: Expr): boolean {
  if (expr.kind === 'ident') return true
  return expr.kind === 'select' && !expr.optional && !expr.test && isName(expr.operand)
}
