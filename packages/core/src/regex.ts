import { RE2JS } from 're2js'
import { BattenError, errorMessage } from './errors.ts'
import { parseSafePattern } from './regex/safe-pattern.ts'
import { type SimpleForm, simpleForm } from './regex/simple-form.ts'

/** A regular expression in RE2's syntax that takes time linear in its input, whatever the pattern. */
export interface Regex {
  readonly pattern: string
  /** Which machine does `matches`: string comparison, the built-in engine (proven harmless), or RE2. */
  readonly engine: 'string' | 'builtin' | 're2'
  /** Whether the whole text matches, as Envoy's `safe_regex` asks. */
  matches(text: string): boolean
  /** Whether some part of the text matches. */
  finds(text: string): boolean
  /** Replaces every match; `\1` to `\9` in the substitution are groups, `\0` the match, `\\` a backslash. */
  replaceAll(text: string, substitution: string): string
}

export interface RegexOptions {
  /** Default: false. */
  readonly ignoreCase?: boolean
  /** Size of the compiled program, in RE2's instructions. Default: 32768, which is what Istio lets Envoy take. */
  readonly maxProgramSize?: number
}

/** Longer patterns are refused: nobody writes them, and compiling takes memory. */
const MAX_PATTERN_LENGTH = 16_384

/**
 * Compiles a pattern. Literals, prefixes and the like become string comparisons; patterns that cannot backtrack much
 * run in the built-in engine (30 times faster than RE2 in JavaScript); the rest runs in RE2.
 *
 * Differs from Envoy: characters are UTF-16 units of the text, not UTF-8 sequences; for ASCII this is the same.
 *
 * @throws BattenError `REGEX_INVALID` for what RE2 does not take: look-around, back-references, `x{1001}`, too long
 * @see https://github.com/google/re2/wiki/Syntax
 * @example compileRegex('/api/v[0-9]+/.*').matches('/api/v2/users') // true
 */
export function compileRegex(pattern: string, options: RegexOptions = {}): Regex {
  if (pattern.length > MAX_PATTERN_LENGTH)
    throw invalid(pattern, `longer than ${MAX_PATTERN_LENGTH} characters`)
  if (options.ignoreCase !== true) {
    const simple = simpleForm(pattern)
    if (simple !== undefined) return new StringRegex(pattern, simple)
    const source = parseSafePattern(pattern)
    if (source !== undefined) return new BuiltinRegex(pattern, source)
  }
  return new Re2Regex(pattern, compileRe2(pattern, options))
}

function compileRe2(pattern: string, options: RegexOptions = {}): RE2JS {
  let compiled: RE2JS
  try {
    compiled = RE2JS.compile(pattern, options.ignoreCase === true ? RE2JS.CASE_INSENSITIVE : 0)
  } catch (thrown) {
    throw invalid(pattern, errorMessage(thrown).replace(/^error parsing regexp: /, ''))
  }
  const limit = options.maxProgramSize ?? 32_768
  if (compiled.programSize() > limit)
    throw invalid(pattern, `its program is larger than ${limit} instructions`)
  return compiled
}

class StringRegex implements Regex {
  readonly pattern: string
  readonly engine = 'string'
  readonly matches: (text: string) => boolean
  #general: Re2Regex | undefined

  constructor(pattern: string, form: SimpleForm) {
    this.pattern = pattern
    this.matches = form.matches
  }

  finds(text: string): boolean {
    return this.#re2().finds(text)
  }

  replaceAll(text: string, substitution: string): string {
    return this.#re2().replaceAll(text, substitution)
  }

  #re2(): Re2Regex {
    return (this.#general ??= new Re2Regex(this.pattern, compileRe2(this.pattern)))
  }
}

class BuiltinRegex implements Regex {
  readonly pattern: string
  readonly engine = 'builtin'
  readonly #whole: RegExp
  /** For replacing, if the pattern can match at the start only: a search elsewhere would start over and over. */
  readonly #atStart: RegExp | undefined
  #general: Re2Regex | undefined

  constructor(pattern: string, source: { readonly source: string; readonly isAnchored: boolean }) {
    this.pattern = pattern
    this.#whole = new RegExp(`^(?:${source.source})$`)
    this.#atStart = source.isAnchored ? new RegExp(source.source) : undefined
  }

  matches(text: string): boolean {
    return this.#whole.test(text)
  }

  finds(text: string): boolean {
    return this.#atStart === undefined ? this.#re2().finds(text) : this.#atStart.test(text)
  }

  replaceAll(text: string, substitution: string): string {
    if (this.#atStart === undefined) return this.#re2().replaceAll(text, substitution)
    const match = this.#atStart.exec(text)
    if (match === null) return text
    return expand(substitution, (group) => match[group]) + text.slice(match[0].length)
  }

  #re2(): Re2Regex {
    return (this.#general ??= new Re2Regex(this.pattern, compileRe2(this.pattern)))
  }
}

class Re2Regex implements Regex {
  readonly pattern: string
  readonly engine = 're2'
  readonly #compiled: RE2JS

  constructor(pattern: string, compiled: RE2JS) {
    this.pattern = pattern
    this.#compiled = compiled
  }

  matches(text: string): boolean {
    return this.#compiled.testExact(text)
  }

  finds(text: string): boolean {
    return this.#compiled.test(text)
  }

  replaceAll(text: string, substitution: string): string {
    const matcher = this.#compiled.matcher(text)
    let result = ''
    let end = 0
    let previous = -1
    while (matcher.find()) {
      const start = matcher.start()
      // RE2 takes no empty match right after another match.
      if (start === matcher.end() && start === previous) continue
      result += text.slice(end, start) + expand(substitution, (group) => groupOf(matcher, group))
      end = matcher.end()
      previous = end
    }
    return result + text.slice(end)
  }
}

function groupOf(matcher: ReturnType<RE2JS['matcher']>, group: number): string | undefined {
  return group <= matcher.groupCount() ? (matcher.group(group) ?? undefined) : undefined
}

/** RE2's rewrite strings. A group that took no part is empty. */
function expand(substitution: string, group: (index: number) => string | undefined): string {
  if (!substitution.includes('\\')) return substitution
  return substitution.replace(/\\([0-9\\])/g, (_, digit: string) =>
    digit === '\\' ? '\\' : (group(Number(digit)) ?? ''),
  )
}

function invalid(pattern: string, reason: string): BattenError {
  const shown = pattern.length > 80 ? `${pattern.slice(0, 80)}...` : pattern
  return new BattenError('REGEX_INVALID', {
    message: `invalid regular expression ${JSON.stringify(shown)}: ${reason}`,
    hint: 'the syntax is that of RE2, which has no look-around and no back-references',
  })
}
