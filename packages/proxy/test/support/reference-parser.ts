/** A slow, simple HTTP/1.1 request parser over one complete text: what the codec is compared with. */
export interface ReferenceRequest {
  method: string
  target: string
  /** Name (lower case) and value. */
  fields: [string, string][]
  body: string
  trailers: [string, string][]
}

export interface ReferenceResult {
  requests: ReferenceRequest[]
  /** `refused`: the head after the requests is bad; `bad-body`; `more`: everything fine so far, bytes may follow. */
  end: 'refused' | 'bad-body' | 'more'
}

const TOKEN = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+"
const FIELD = new RegExp(`^(${TOKEN}):[ \\t]*([\\t\\x20-\\x7e\\x80-\\xff]*?)[ \\t]*$`)
const REQUEST_LINE = new RegExp(`^(${TOKEN}) ([\\x21-\\x7e]+) HTTP/1\\.1$`)

class More extends Error {}
class Refused extends Error {}

export function referenceParse(text: string, maxHeaders = 100): ReferenceResult {
  const requests: ReferenceRequest[] = []
  let rest = text
  for (;;) {
    // Up to four empty lines before a request line are skipped.
    for (let i = 0; i < 4 && rest.startsWith('\r\n'); i++) rest = rest.slice(2)
    if (rest === '') return { requests, end: 'more' }
    let headLength: number
    let request: ReferenceRequest
    try {
      const head = readHead(rest)
      headLength = head.length
      request = parseHead(head.lines, maxHeaders)
    } catch (thrown) {
      if (thrown instanceof More) return { requests, end: 'more' }
      if (thrown instanceof Refused) return { requests, end: 'refused' }
      throw thrown
    }
    rest = rest.slice(headLength)
    requests.push(request)
    try {
      rest = readBody(request, rest)
    } catch (thrown) {
      if (thrown instanceof More) return { requests, end: 'more' }
      if (thrown instanceof Refused) return { requests, end: 'bad-body' }
      throw thrown
    }
  }
}

function readHead(text: string): { lines: string[]; length: number } {
  const end = text.indexOf('\r\n\r\n')
  if (end < 0) throw new More()
  return { lines: text.slice(0, end).split('\r\n'), length: end + 4 }
}

function parseFields(lines: string[], max: number): [string, string][] {
  const fields: [string, string][] = []
  for (const line of lines) {
    const match = FIELD.exec(line)
    if (match === null) throw new Refused()
    fields.push([match[1]!.toLowerCase(), match[2]!])
  }
  if (fields.length > max) throw new Refused()
  return fields
}

function parseHead(lines: string[], maxHeaders: number): ReferenceRequest {
  const line = REQUEST_LINE.exec(lines[0]!)
  if (line === null) throw new Refused()
  const isTarget = /^\/|^https?:\/\/[a-z0-9.-]+(:\d{0,5})?([/?]|$)/.test(line[2]!)
  if (!isTarget) throw new Refused()
  const fields = parseFields(lines.slice(1), maxHeaders)
  const all = (name: string) => fields.filter(([n]) => n === name).map(([, v]) => v)
  const lengths = all('content-length')
  const codings = all('transfer-encoding')
  if (lengths.length > 1 || lengths.some((v) => !/^\d{1,15}$/.test(v))) throw new Refused()
  if (codings.length > 1 || codings.some((v) => v.toLowerCase() !== 'chunked')) throw new Refused()
  if (lengths.length > 0 && codings.length > 0) throw new Refused()
  if (all('host').length > 1 || all('host').some((v) => !/^[a-z0-9.-]+(:\d{0,5})?$/.test(v)))
    throw new Refused()
  return { method: line[1]!, target: line[2]!, fields, body: '', trailers: [] }
}

function readBody(request: ReferenceRequest, rest: string): string {
  const get = (name: string) => request.fields.find(([n]) => n === name)?.[1]
  const length = get('content-length')
  if (length !== undefined) {
    const bytes = Number(length)
    request.body = rest.slice(0, bytes)
    if (rest.length < bytes) throw new More()
    return rest.slice(bytes)
  }
  if (get('transfer-encoding') === undefined) return rest
  for (;;) {
    // Looks at the longest prefix that can still become a size line.
    const line = /^([0-9a-fA-F]{1,13})[\t ]*(;[\t\x20-\x7e\x80-\xff]*)?\r\n/.exec(rest)
    if (line === null) {
      if (/^(?:[0-9a-fA-F]{1,13}[\t ]*(?:;[\t\x20-\x7e\x80-\xff]*)?\r?)?$/.test(rest)) throw new More()
      throw new Refused()
    }
    rest = rest.slice(line[0].length)
    const size = Number.parseInt(line[1]!, 16)
    if (size === 0) break
    request.body += rest.slice(0, size)
    if (rest.length < size) throw new More()
    rest = rest.slice(size)
    if (!'\r\n'.startsWith(rest.slice(0, 2))) throw new Refused()
    if (rest.length < 2) throw new More()
    rest = rest.slice(2)
  }
  if (rest.startsWith('\r\n')) return rest.slice(2)
  const section = readHead(rest)
  request.trailers = parseFields(section.lines, 100)
  if (request.trailers.some(([n]) => ['content-length', 'transfer-encoding', 'host'].includes(n)))
    throw new Refused()
  return rest.slice(section.length)
}
