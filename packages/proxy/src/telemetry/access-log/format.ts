import type { LoggedStream } from './logged-stream.ts'
import { invalidOperator, type LogOperator, type LogValue, textOf } from './operator.ts'
import { HEADER_OPERATORS, MEASURED_OPERATORS, OPERATORS } from './operators.ts'

/** The format of an access log that says nothing about it. */
export const DEFAULT_LOG_FORMAT =
  '[%START_TIME%] "%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%" %RESPONSE_CODE% ' +
  '%RESPONSE_FLAGS% %BYTES_RECEIVED% %BYTES_SENT% %DURATION% %RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% ' +
  '"%REQ(X-FORWARDED-FOR)%" "%REQ(USER-AGENT)%" "%REQ(X-REQUEST-ID)%" "%REQ(:AUTHORITY)%" "%UPSTREAM_HOST%"\n'

const ABSENT = '-'
const COMMAND = /%([A-Z_0-9]+)(?:\(([^)]*)\))?(?::(\d+))?%/y

/** What a format is for: headers are byte by byte as they came, logs are UTF-8. */
type FormatTarget = 'header' | 'log'

/** Constant text, or an operator. */
export type FormatPart = string | LogOperator

/**
 * Splits a format into text and operators. `%%` is a per cent sign; `%REQ(X?Y):10%` cuts its value to ten characters.
 *
 * @param target - where the text goes. Default: a header
 * @throws BattenError `PROXY_INVALID_CONFIG` for an unknown operator or a lone per cent sign
 */
export function parseFormat(format: string, target: FormatTarget = 'header'): readonly FormatPart[] {
  const parts: FormatPart[] = []
  let text = ''
  let at = 0
  while (at < format.length) {
    const percent = format.indexOf('%', at)
    if (percent < 0) break
    text += format.slice(at, percent)
    if (format[percent + 1] === '%') {
      text += '%'
      at = percent + 2
      continue
    }
    COMMAND.lastIndex = percent
    const match = COMMAND.exec(format)
    if (match === null)
      throw invalidOperator(
        `no command operator at position ${percent} of ${JSON.stringify(format)}; a per cent sign is written %%`,
      )
    if (text !== '') parts.push(text)
    text = ''
    parts.push(compileCommand(match[1]!, match[2], match[3], target))
    at = percent + match[0].length
  }
  text += format.slice(at)
  if (text !== '') parts.push(text)
  return parts
}

function compileCommand(
  name: string,
  parameter: string | undefined,
  length: string | undefined,
  target: FormatTarget,
): LogOperator {
  const create = Object.hasOwn(OPERATORS, name) ? OPERATORS[name] : undefined
  if (create === undefined) throw invalidOperator(`%${name}% is no command operator that this proxy knows`)
  const plain = create(parameter, name)
  const operator: LogOperator =
    target === 'log' && HEADER_OPERATORS.has(name) ? (stream) => decoded(plain(stream)) : plain
  if (length === undefined) return operator
  if (!MEASURED_OPERATORS.has(name)) throw invalidOperator(`%${name}% takes no length`)
  const max = Number(length)
  return (stream) => {
    const value = operator(stream)
    return value === undefined ? undefined : textOf(value).slice(0, max)
  }
}

/**
 * The text whose UTF-8 bytes a header has. Bytes that are no UTF-8 stay what they are in Latin-1, as Envoy's JSON logs
 * show them.
 *
 * Differs from Envoy: bytes of headers that are no UTF-8 are characters of Latin-1 in text logs, too, which are UTF-8
 * throughout; Envoy writes such bytes as they came.
 */
function decoded(value: LogValue): LogValue {
  if (typeof value !== 'string' || !/[\x80-\xff]/.test(value)) return value
  const text = Buffer.from(value, 'latin1').toString('utf8')
  return text.includes('\ufffd') ? value : text
}

/**
 * Compiles a text format once; what it returns prints a stream.
 *
 * @param omitEmptyValues - print nothing, in place of `-`, for what is absent
 */
export function compileTextFormat(format: string, omitEmptyValues = false): (stream: LoggedStream) => string {
  const parts = parseFormat(format, 'log')
  const absent = omitEmptyValues ? '' : ABSENT
  return (stream) => {
    let line = ''
    for (const part of parts) {
      if (typeof part === 'string') {
        line += part
        continue
      }
      const value = part(stream)
      line += value === undefined ? absent : textOf(value)
    }
    return line
  }
}

/**
 * Compiles a JSON format: text values may have operators, a value that is one operator keeps its type, keys are sorted.
 *
 * @param omitEmptyValues - leave out what is absent, in place of `null`
 */
export function compileJsonFormat(
  template: Readonly<Record<string, unknown>>,
  omitEmptyValues = false,
): (stream: LoggedStream) => string {
  const compiled = compileNode(template, omitEmptyValues)
  return (stream) => `${JSON.stringify(compiled(stream) ?? {})}\n`
}

type JsonNode = (stream: LoggedStream) => unknown

function compileNode(template: unknown, omitEmptyValues: boolean): JsonNode {
  if (typeof template === 'string') return compileLeaf(template, omitEmptyValues)
  if (Array.isArray(template)) {
    const items = template.map((item) => compileNode(item, omitEmptyValues))
    return (stream) => items.map((item) => item(stream) ?? null)
  }
  if (typeof template !== 'object' || template === null) return () => template
  const entries = Object.entries(template)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => [key, compileNode(value, omitEmptyValues)] as const)
  return (stream) => {
    const object: Record<string, unknown> = {}
    for (const [key, node] of entries) {
      const value = node(stream)
      if (value !== undefined) object[key] = value
      else if (!omitEmptyValues) object[key] = null
    }
    return object
  }
}

function compileLeaf(text: string, omitEmptyValues: boolean): JsonNode {
  const parts = parseFormat(text, 'log')
  const [only] = parts
  if (parts.length === 1 && typeof only === 'function') return (stream): LogValue => only(stream)
  if (parts.every((part) => typeof part === 'string')) return () => parts.join('')
  const print = compileTextFormat(text, omitEmptyValues)
  return (stream) => print(stream)
}
