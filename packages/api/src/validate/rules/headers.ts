import type { HeaderOperations, Headers } from '../../gen/types/networking/virtual-service.ts'
import type { Path, RuleReport } from './report.ts'

const NAME = /^[-_A-Za-z0-9]+$/
const VALUE = /^[^\u0000-\u0008\u000a-\u001f\u007f]*$/

/** What is wrong with the name of a header. */
export function headerNameProblem(name: string): string | undefined {
  if (name === '') return 'header name cannot be empty'
  return NAME.test(name) ? undefined : `header name ${name} is not a valid header name`
}

/** Whether a header name stands for a claim of a token: `@request.auth.claims.sub`, `@request.auth.claims[a][b]`. */
export function isClaimHeader(name: string): boolean {
  const prefix = '@request.auth.claims'
  if (!name.toLowerCase().startsWith(prefix)) return false
  const rest = name.slice(prefix.length)
  return rest.startsWith('.') || (rest.startsWith('[') && rest.endsWith(']'))
}

/** Whether a header stands for the host of the request. */
export function isAuthority(name: string): boolean {
  return /^(:authority|host)$/i.test(name)
}

function isInternal(name: string): boolean {
  return name.startsWith(':') || name.toLowerCase() === 'host'
}

/** The host of a request may be written, nothing else that begins with a colon. */
function requestHeaderProblem(name: string): string | undefined {
  if (name === '') return 'header name cannot be empty'
  return isInternal(name) && !isAuthority(name)
    ? `invalid header ${JSON.stringify(name)}: header cannot have ":" prefix`
    : undefined
}

function otherHeaderProblem(name: string): string | undefined {
  if (name === '') return 'header name cannot be empty'
  if (name.toLowerCase() === 'host') return `invalid header ${JSON.stringify(name)}: cannot set Host header`
  return isInternal(name)
    ? `invalid header ${JSON.stringify(name)}: header cannot have ":" prefix`
    : undefined
}

/** Checks header changes of a route or a destination. */
export function checkHeaders(headers: Headers | undefined, path: Path, report: RuleReport): void {
  checkOperations(headers?.request, [...path, 'request'], requestHeaderProblem, report)
  checkOperations(headers?.response, [...path, 'response'], otherHeaderProblem, report)
}

function checkOperations(
  operations: HeaderOperations | undefined,
  path: Path,
  nameProblem: (name: string) => string | undefined,
  report: RuleReport,
): void {
  for (const verb of ['add', 'set'] as const) {
    for (const [name, value] of Object.entries(operations?.[verb] ?? {})) {
      report.check([...path, verb, name], 'RULE_HEADER', nameProblem(name))
      report.check([...path, verb, name], 'RULE_HEADER', headerValueProblem(value))
    }
  }
  for (const [i, name] of (operations?.remove ?? []).entries()) {
    report.check([...path, 'remove', i], 'RULE_HEADER', otherHeaderProblem(name))
  }
}

/** What is wrong with a header value, which may hold format operators like `%REQ(X)%`. */
export function headerValueProblem(value: string): string | undefined {
  if (!VALUE.test(value)) return `header value configuration ${value} is invalid`
  const problem = formatProblem(value)
  return problem === undefined
    ? undefined
    : `header value configuration: invalid header configuration. ${problem}`
}

/**
 * What is wrong with Envoy's format operators: `%NAME%`, `%NAME(text)%`, `%NAME(["a", "b"])%`, and `%%` for a percent
 * sign. Which names there are is Envoy's business.
 */
function formatProblem(value: string): string | undefined {
  let at = value.indexOf('%')
  while (at >= 0) {
    if (at + 1 === value.length) return 'Un-escaped %'
    if (value[at + 1] === '%') at += 2
    else {
      const end = operatorEnd(value, at + 1)
      if (typeof end === 'string') return end
      at = end
    }
    at = value.indexOf('%', at)
  }
  return undefined
}

/** Position after an operator whose name begins at `from`, or what is wrong with it. */
function operatorEnd(value: string, from: number): number | string {
  const open = `Un-terminated variable expression '${value}'`
  let at = from
  while (at < value.length && value[at] !== '%' && value[at] !== '(') at++
  if (at >= value.length) return open
  if (value[at] === '%') return at + 1
  at = skipBlanks(value, at + 1)
  if (value[at] === '[') {
    const list = listEnd(value, at + 1)
    if (typeof list === 'string') return list
    at = skipBlanks(value, list)
    if (at >= value.length) return open
    if (value[at] !== ')') return "Expecting ')' or whitespace after the list"
    at++
  } else {
    const text = argumentEnd(value, at)
    if (typeof text === 'string') return text
    at = text
  }
  at = skipBlanks(value, at)
  if (at >= value.length) return open
  return value[at] === '%' ? at + 1 : "Expecting '%' or whitespace after the arguments"
}

/** Position after `"a", "b"]`. */
function listEnd(value: string, from: number): number | string {
  const open = `Un-terminated variable expression '${value}'`
  for (let at = from; ; ) {
    at = skipBlanks(value, at)
    if (at >= value.length) return open
    if (value[at] !== '"') return "Expecting '\"'"
    at++
    while (at < value.length && value[at] !== '"') {
      if (value[at] === '\\') {
        if (at + 1 >= value.length) return 'Un-terminated backslash in JSON string'
        at++
      }
      at++
    }
    at = skipBlanks(value, at + 1)
    if (at >= value.length) return open
    if (value[at] === ']') return at + 1
    if (value[at] !== ',') return "Expecting ',', ']', or whitespace"
    at++
  }
}

/** Position after `text)`. */
function argumentEnd(value: string, from: number): number | string {
  for (let at = from; at < value.length; at++) {
    if (value[at] === ')') return at + 1
    if (value[at] === '\\') {
      if (at + 1 >= value.length) return 'Un-terminated backslash in JSON string'
      at++
    }
  }
  return `Un-terminated variable expression '${value}'`
}

function skipBlanks(value: string, from: number): number {
  let at = from
  while (value[at] === ' ') at++
  return at
}
