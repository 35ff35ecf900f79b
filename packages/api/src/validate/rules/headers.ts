import type { HeaderOperations, Headers } from '../../gen/types/networking/virtual-service.ts'
import type { Path, RuleReport } from './report.ts'

/** Tokens of RFC 9110, and the comma, which Istio's expression lets through. */
const NAME = /^[!#$%&'*+,\-.^_`|~A-Za-z0-9]+$/
const STRICT_NAME = /^[-A-Za-z0-9]+$/
const VALUE = /^[^\u0000-\u0008\u000a-\u001f\u007f]*$/

/** Names that HTTP/2 has for what is no header; a match may look at them. */
const PSEUDO_HEADERS = [':method', ':scheme', ':authority', ':path', ':status']

/** What is wrong with the name of a header. */
export function headerNameProblem(name: string): string | undefined {
  return nameProblem(name, NAME)
}

/** What is wrong with the name of a header where only letters, digits and dashes may stand. */
export function strictHeaderNameProblem(name: string): string | undefined {
  return nameProblem(name, STRICT_NAME)
}

/** What is wrong with the name of a header that a match looks at. */
export function matchHeaderNameProblem(name: string): string | undefined {
  return isClaimHeader(name) || PSEUDO_HEADERS.includes(name) ? undefined : headerNameProblem(name)
}

function nameProblem(name: string, form: RegExp): string | undefined {
  if (name === '') return 'header name cannot be empty'
  return form.test(name) ? undefined : `header name ${name} is not a valid header name`
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

/** Where a reader of format operators is. */
type FormatState = 'text' | 'name' | 'arguments' | 'item' | 'string' | 'afterItem' | 'afterList' | 'end'

/** What each state does at a character: the next state, or what is wrong. Blanks change nothing where they may stand. */
const FORMAT_STEPS: Readonly<Record<FormatState, (char: string) => FormatState | { problem: string }>> = {
  text: (char) => (char === '%' ? 'name' : 'text'),
  name: (char) => (char === '%' ? 'text' : char === '(' ? 'arguments' : 'name'),
  // The first character of a plain argument is taken whatever it is.
  arguments: (char) => (char === '[' ? 'item' : char === ' ' ? 'arguments' : 'string'),
  item: (char) => (char === '"' ? 'string' : char === ' ' ? 'item' : { problem: "Expecting '\"'" }),
  // A quote ends an argument also where none began it, and a bracket ends the list from within a string.
  string: (char) => (char === ')' ? 'end' : char === '"' ? 'afterItem' : 'string'),
  afterItem: (char) =>
    char === ','
      ? 'item'
      : char === ']'
        ? 'afterList'
        : char === ' '
          ? 'afterItem'
          : { problem: "Expecting ',', ']', or whitespace" },
  afterList: (char) =>
    char === ')'
      ? 'end'
      : char === ' '
        ? 'afterList'
        : { problem: "Expecting ')' or whitespace after the list" },
  end: (char) =>
    char === '%'
      ? 'text'
      : char === ' '
        ? 'end'
        : { problem: "Expecting '%' or whitespace after the arguments" },
}

/**
 * What is wrong with Envoy's format operators: `%NAME%`, `%NAME(text)%`, `%NAME(["a", "b"])%`, and `%%` for a percent
 * sign. Which names there are is Envoy's business.
 *
 * @see https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_conn_man/headers#custom-request-response-headers
 */
function formatProblem(value: string): string | undefined {
  let state: FormatState = 'text'
  for (let at = 0; at < value.length; at++) {
    const char = value[at]!
    const isLast = at + 1 === value.length
    if (state === 'text' && char === '%') {
      if (isLast) return 'Un-escaped %'
      if (value[at + 1] === '%') {
        at++
        continue
      }
    }
    if (state === 'string' && char === '\\') {
      if (isLast) return 'Un-terminated backslash in JSON string'
      at++
      continue
    }
    const next: FormatState | { problem: string } = FORMAT_STEPS[state](char)
    if (typeof next !== 'string') return next.problem
    state = next
  }
  return state === 'text' ? undefined : `Un-terminated variable expression '${value}'`
}
