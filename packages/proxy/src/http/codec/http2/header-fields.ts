/** Name and value of a header field, as they are on the wire: names in lower case, values latin1. */
export type HeaderField = readonly [name: string, value: string]

/** The head of a response, or its trailers. */
export interface FieldBlock {
  /** undefined in trailers. */
  readonly status: number | undefined
  /** Without pseudo-header fields. */
  readonly fields: readonly HeaderField[]
}

const NAME = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/
const FORBIDDEN_IN_VALUE = /[\0\r\n]/
const STATUS = /^[1-9][0-9][0-9]$/
const OUTER_SPACE = /^[ \t]+|[ \t]+$/g

/** Fields of HTTP/1.1 connections, which an intermediary could be made to believe in. */
const OF_CONNECTIONS: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
])

/**
 * Collects the fields of one header block of a server and says what is wrong with them.
 *
 * Differs from spec: white space around a value is taken away, and does not make the message malformed. gRPC servers
 * send `grpc-message` as it comes.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9113#section-8.2
 */
export class FieldCollector {
  #fields: HeaderField[] = []
  #status = ''
  #problem: string | undefined

  readonly add = (name: string, value: string): void => {
    if (this.#problem !== undefined) return
    if (name.startsWith(':')) this.#addPseudo(name, value)
    else if (!NAME.test(name)) this.#problem = `the field name ${JSON.stringify(name)} is not allowed`
    else if (FORBIDDEN_IN_VALUE.test(value)) this.#problem = `the value of ${name} has a control character`
    else if (OF_CONNECTIONS.has(name) || (name === 'te' && value !== 'trailers'))
      this.#problem = `the field ${name} does not exist in HTTP/2`
    else this.#fields.push([name, value.replace(OUTER_SPACE, '')])
  }

  #addPseudo(name: string, value: string): void {
    if (name !== ':status') this.#problem = `the pseudo-header field ${JSON.stringify(name)} in a response`
    else if (this.#fields.length > 0) this.#problem = ':status after other fields'
    else if (this.#status !== '') this.#problem = ':status twice'
    else if (!STATUS.test(value)) this.#problem = `the status ${JSON.stringify(value)}`
    else this.#status = value
  }

  /** Begins anew; returns what was collected, or why it is malformed. */
  take(areTrailers: boolean): FieldBlock | string {
    const block = {
      status: this.#status === '' ? undefined : Number(this.#status),
      fields: this.#fields,
    }
    let problem = this.#problem
    if (areTrailers && block.status !== undefined) problem ??= ':status in trailers'
    if (!areTrailers && block.status === undefined) problem ??= 'a response without :status'
    this.#fields = []
    this.#status = ''
    this.#problem = undefined
    return problem ?? block
  }
}

/** `content-length`; undefined when there is none, NaN when it is no number or there are several. */
export function contentLength(fields: readonly HeaderField[]): number | undefined {
  let length: string | undefined
  for (const [name, value] of fields) {
    if (name !== 'content-length') continue
    if (length !== undefined) return Number.NaN
    length = value
  }
  if (length === undefined) return undefined
  return /^[0-9]{1,15}$/.test(length) ? Number(length) : Number.NaN
}
