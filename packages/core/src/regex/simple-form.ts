/** A pattern that is a string comparison in disguise. */
export interface SimpleForm {
  readonly kind: 'exact' | 'prefix' | 'suffix' | 'contains' | 'any' | 'some'
  matches(text: string): boolean
}

/**
 * Recognises `abc`, `abc.*`, `.*abc`, `.*abc.*`, `.*` and `.+`, with `^` and `$` around them and with escaped
 * punctuation in the literal. Undefined for every other pattern.
 */
export function simpleForm(pattern: string): SimpleForm | undefined {
  let body = pattern.startsWith('^') ? pattern.slice(1) : pattern
  if (body.endsWith('$') && !endsEscaped(body)) body = body.slice(0, -1)
  if (body === '.+') return { kind: 'some', matches: (text) => text !== '' && !text.includes('\n') }
  const startsOpen = body.startsWith('.*')
  if (startsOpen) body = body.slice(2)
  const endsOpen = body.endsWith('.*') && !endsEscaped(body.slice(0, -1))
  if (endsOpen) body = body.slice(0, -2)
  const literal = unescapeLiteral(body)
  if (literal === undefined) return undefined
  // A dot matches no line feed, so open ends do not either.
  if (literal === '' && (startsOpen || endsOpen))
    return { kind: 'any', matches: (text) => !text.includes('\n') }
  if (startsOpen && endsOpen) return { kind: 'contains', matches: (text) => matchesContains(text, literal) }
  if (startsOpen)
    return {
      kind: 'suffix',
      matches: (text) => text.endsWith(literal) && !hasLineFeed(text, 0, text.length - literal.length),
    }
  if (endsOpen)
    return {
      kind: 'prefix',
      matches: (text) => text.startsWith(literal) && !hasLineFeed(text, literal.length, text.length),
    }
  return { kind: 'exact', matches: (text) => text === literal }
}

function matchesContains(text: string, literal: string): boolean {
  if (!literal.includes('\n')) return text.includes(literal) && !text.includes('\n')
  for (let at = text.indexOf(literal); at >= 0; at = text.indexOf(literal, at + 1))
    if (!hasLineFeed(text, 0, at) && !hasLineFeed(text, at + literal.length, text.length)) return true
  return false
}

function hasLineFeed(text: string, from: number, to: number): boolean {
  const at = text.indexOf('\n', from)
  return at >= 0 && at < to
}

/** Whether the last character has an odd number of backslashes before it. */
function endsEscaped(text: string): boolean {
  let backslashes = 0
  for (let i = text.length - 2; i >= 0 && text[i] === '\\'; i--) backslashes++
  return backslashes % 2 === 1
}

/** The text that a pattern without operators stands for. */
function unescapeLiteral(pattern: string): string | undefined {
  if (!/[\\.+*?()|[\]{}^$]/.test(pattern)) return pattern
  let literal = ''
  for (let i = 0; i < pattern.length; i++) {
    const char = pattern[i]!
    if (char === '\\') {
      const next = pattern[++i]
      // Escaped letters and digits are classes and the like; escaped ASCII punctuation is itself.
      if (next === undefined || !/[!-/:-@[-`{-~]/.test(next)) return undefined
      literal += next
    } else if (/[.+*?()|[\]{}^$]/.test(char)) return undefined
    else literal += char
  }
  return literal
}
