import { decode } from './text'

/**
 * Reads JSON in one pass, straight into what it is for: the generated code of `@config` classes asks for each value
 * by type. The first error stops everything; `error` says what is wrong and where, as a path.
 */
export class JsonReader {
  /** Empty as long as all is well. */
  error: string = ''
  /** The key found by {@link nextKey}. */
  key: string = ''
  private at: usize
  private readonly start: usize
  private readonly end: usize
  private path: string[] = []
  private first: bool = true
  private depth: i32 = 0

  constructor(data: usize, size: usize) {
    this.start = data
    this.at = data
    this.end = data + size
  }

  get failed(): bool {
    return this.error.length > 0
  }

  fail(message: string): void {
    if (this.failed) return
    const path = this.path.join('.').replaceAll('.[', '[')
    this.error = path.length > 0 ? path + ': ' + message : message
    this.at = this.end
  }

  /** Fails because a field that must be given is missing. */
  missing(key: string): void {
    this.fail('"' + key + '" is required')
  }

  /** Fails because of the current key. */
  unknownKey(known: string): void {
    this.path.pop()
    this.fail('unknown field "' + this.key + '"' + (known.length > 0 ? ' (known: ' + known + ')' : ''))
  }

  /** Enters an object; then call {@link nextKey} until it is false. */
  beginObject(): bool {
    if (this.peek() != 0x7b) {
      this.expected('an object')
      return false
    }
    return this.open()
  }

  /** Moves to the next key of the object; false at its end. The value must be read before the next call. */
  nextKey(): bool {
    if (!this.next(0x7d)) return false
    if (this.peek() != 0x22) {
      this.syntax('expected a key in double quotes')
      return false
    }
    this.key = this.string()
    if (this.peek() != 0x3a) {
      this.syntax("expected ':'")
      return false
    }
    this.at++
    this.path.push(this.key)
    return !this.failed
  }

  /** After a value of an object or an array has been read. */
  endValue(): void {
    if (!this.failed) this.path.pop()
  }

  beginArray(): bool {
    if (this.peek() != 0x5b) {
      this.expected('an array')
      return false
    }
    return this.open()
  }

  /** Moves to the next item of the array; false at its end. */
  nextItem(index: i32): bool {
    if (!this.next(0x5d)) return false
    this.path.push('[' + index.toString() + ']')
    return true
  }

  /** Whether the value is `null`; takes it if so. */
  takeNull(): bool {
    return this.peek() == 0x6e && this.literal('null')
  }

  bool(): bool {
    const c = this.peek()
    if (c == 0x74 && this.literal('true')) return true
    if (c == 0x66 && this.literal('false')) return false
    this.expected('true or false')
    return false
  }

  integer(min: i64, max: i64): i64 {
    const text = this.number()
    if (this.failed) return 0
    const value = I64.parseInt(text)
    if (text.indexOf('.') >= 0 || text.indexOf('e') >= 0 || text.indexOf('E') >= 0)
      this.fail('expected a whole number')
    else if (value < min || value > max || (value.toString() != text && text != '-0')) {
      this.fail(text + ' is not between ' + min.toString() + ' and ' + max.toString())
    }
    return value
  }

  unsigned(max: u64): u64 {
    const text = this.number()
    if (this.failed) return 0
    const value = U64.parseInt(text)
    if (text.indexOf('.') >= 0 || text.indexOf('e') >= 0 || text.indexOf('E') >= 0)
      this.fail('expected a whole number')
    else if (value > max || value.toString() != text) {
      this.fail(text + ' is not between 0 and ' + max.toString())
    }
    return value
  }

  float(): f64 {
    const text = this.number()
    return this.failed ? 0 : F64.parseFloat(text)
  }

  string(): string {
    if (this.peek() != 0x22) {
      this.expected('a string')
      return ''
    }
    const from = ++this.at
    while (this.at < this.end) {
      const c = load<u8>(this.at)
      if (c == 0x22) return decode(from, this.at++ - from)
      if (c == 0x5c) return this.escaped(from)
      if (c < 0x20) break
      this.at++
    }
    this.syntax('a string has no end')
    return ''
  }

  /** Skips any value. */
  skip(): void {
    const c = this.peek()
    if (c == 0x7b) {
      this.beginObject()
      while (this.nextKey()) {
        this.skip()
        this.endValue()
      }
    } else if (c == 0x5b) {
      this.beginArray()
      for (let i = 0; this.nextItem(i); i++) {
        this.skip()
        this.endValue()
      }
    } else if (c == 0x22) this.string()
    else if (c == 0x74 || c == 0x66) this.bool()
    else if (c == 0x6e) {
      if (!this.takeNull()) this.expected('a value')
    } else this.number()
  }

  /** Fails unless nothing but white space is left. */
  finish(): void {
    if (!this.failed && this.peek() != 0) this.syntax('something follows the value')
  }

  private open(): bool {
    if (++this.depth > 64) {
      this.fail('nested more than 64 levels deep')
      return false
    }
    this.at++
    this.first = true
    return true
  }

  /** Before an item: the end (`close`), or a comma unless it is the first one. */
  private next(close: u8): bool {
    if (this.failed) return false
    const c = this.peek()
    if (c == close) {
      this.at++
      this.depth--
      this.first = false
      return false
    }
    if (!this.first) {
      if (c != 0x2c) {
        this.syntax("expected ',' or '" + String.fromCharCode(close) + "'")
        return false
      }
      this.at++
    }
    this.first = false
    return true
  }

  /** The next byte that is not white space; 0 at the end. */
  private peek(): u8 {
    while (this.at < this.end) {
      const c = load<u8>(this.at)
      if (c != 0x20 && c != 0x0a && c != 0x0d && c != 0x09) return c
      this.at++
    }
    return 0
  }

  private literal(word: string): bool {
    const length = <usize>word.length
    if (this.at + length > this.end || decode(this.at, length) != word) return false
    this.at += length
    return true
  }

  private number(): string {
    this.peek()
    const from = this.at
    while (this.at < this.end) {
      const c = load<u8>(this.at)
      const part = (c >= 0x30 && c <= 0x39) || c == 0x2d || c == 0x2b || c == 0x2e || c == 0x65 || c == 0x45
      if (!part) break
      this.at++
    }
    const text = decode(from, this.at - from)
    if (!isJsonNumber(text)) this.notANumber(text)
    return text
  }

  private notANumber(text: string): void {
    if (text.length == 0) this.expected('a number')
    else this.fail('expected a number, found ' + text)
  }

  private escaped(from: usize): string {
    let text = decode(from, this.at - from)
    while (this.at < this.end) {
      const c = load<u8>(this.at)
      if (c < 0x20) break
      if (c == 0x22) {
        this.at++
        return text
      }
      if (c != 0x5c) {
        const begin = this.at
        while (this.at < this.end) {
          const c = load<u8>(this.at)
          if (c == 0x22 || c == 0x5c || c < 0x20) break
          this.at++
        }
        text += decode(begin, this.at - begin)
        continue
      }
      const code = this.at + 1 < this.end ? load<u8>(this.at, 1) : 0
      this.at += 2
      if (code == 0x75) text += this.unicode()
      else if (code == 0x6e) text += '\n'
      else if (code == 0x74) text += '\t'
      else if (code == 0x72) text += '\r'
      else if (code == 0x62) text += '\b'
      else if (code == 0x66) text += '\f'
      else if (code == 0x22 || code == 0x5c || code == 0x2f) text += String.fromCharCode(code)
      else {
        this.syntax('a backslash that escapes nothing')
        return ''
      }
    }
    this.syntax('a string has no end')
    return ''
  }

  private unicode(): string {
    let unit = 0
    for (let i = 0; i < 4; i++) {
      const c: i32 = this.at < this.end ? load<u8>(this.at) : 0
      let digit = -1
      if (c >= 0x30 && c <= 0x39) digit = c - 0x30
      else if ((c | 0x20) >= 0x61 && (c | 0x20) <= 0x66) digit = (c | 0x20) - 0x57
      if (digit < 0) {
        this.syntax('expected four hexadecimal digits after \\u')
        return ''
      }
      unit = (unit << 4) | digit
      this.at++
    }
    return String.fromCharCode(unit)
  }

  private expected(what: string): void {
    const c = this.peek()
    if (c == 0) this.fail('expected ' + what + ', found the end')
    else if (c == 0x7b) this.fail('expected ' + what + ', found an object')
    else if (c == 0x5b) this.fail('expected ' + what + ', found an array')
    else if (c == 0x22) this.fail('expected ' + what + ', found a string')
    else if (c == 0x74 || c == 0x66) this.fail('expected ' + what + ', found a boolean')
    else if (c == 0x6e) this.fail('expected ' + what + ', found null')
    else if (c == 0x2d || (c >= 0x30 && c <= 0x39)) this.fail('expected ' + what + ', found a number')
    else this.syntax('expected ' + what)
  }

  /** Fails with the position, for what is no JSON at all. */
  private syntax(message: string): void {
    let line = 1
    let column = 1
    for (let i = this.start; i < this.at; i++) {
      if (load<u8>(i) == 0x0a) {
        line++
        column = 1
      } else column++
    }
    this.fail(message + ' (not JSON at line ' + line.toString() + ', column ' + column.toString() + ')')
  }
}

function isJsonNumber(text: string): bool {
  let i = 0
  const end = text.length
  if (i < end && text.charCodeAt(i) == 0x2d) i++
  const whole = digits(text, i)
  if (whole == i || (whole > i + 1 && text.charCodeAt(i) == 0x30)) return false
  i = whole
  if (i < end && text.charCodeAt(i) == 0x2e) {
    const fraction = digits(text, i + 1)
    if (fraction == i + 1) return false
    i = fraction
  }
  if (i < end && (text.charCodeAt(i) | 0x20) == 0x65) {
    i++
    if (i < end && (text.charCodeAt(i) == 0x2b || text.charCodeAt(i) == 0x2d)) i++
    const exponent = digits(text, i)
    if (exponent == i) return false
    i = exponent
  }
  return i == end
}

function digits(text: string, from: i32): i32 {
  let i = from
  while (i < text.length && text.charCodeAt(i) >= 0x30 && text.charCodeAt(i) <= 0x39) i++
  return i
}

/** Reads an array; `read` reads one item. */
export function readArray<T>(reader: JsonReader, read: (reader: JsonReader) => T): T[] {
  const items: T[] = []
  if (!reader.beginArray()) return items
  for (let i = 0; reader.nextItem(i); i++) {
    const item = read(reader)
    if (reader.failed) break
    items.push(item)
    reader.endValue()
  }
  return items
}

/** Reads an object with any keys. */
export function readMap<T>(reader: JsonReader, read: (reader: JsonReader) => T): Map<string, T> {
  const items = new Map<string, T>()
  if (!reader.beginObject()) return items
  while (reader.nextKey()) {
    const key = reader.key
    const item = read(reader)
    if (reader.failed) break
    items.set(key, item)
    reader.endValue()
  }
  return items
}
