/** A response as it stood on the wire, read by the simplest parser that can be right: the judge shares no code with a proxy. */
export interface WireMessage {
  /** Request line or status line. */
  readonly startLine: string
  /** In order, names in lower case. */
  readonly headers: readonly (readonly [string, string])[]
  readonly body: string
  readonly trailers: readonly (readonly [string, string])[]
}

/**
 * Takes one HTTP/1.1 message off the front of `bytes` (latin1). Returns undefined while it is not complete.
 * `bodyless`: a response to HEAD.
 */
export function takeMessage(
  bytes: string,
  bodyless: boolean,
  ended: boolean,
): { message: WireMessage; rest: string } | undefined {
  const end = bytes.indexOf('\r\n\r\n')
  if (end < 0) return undefined
  const [startLine = '', ...lines] = bytes.slice(0, end).split('\r\n')
  const headers = lines.map(fieldOf)
  const rest = bytes.slice(end + 4)
  const header = (name: string) => headers.find(([key]) => key === name)?.[1]
  const done = (body: string, left: string, trailers: [string, string][] = []) => ({
    message: { startLine, headers, body, trailers },
    rest: left,
  })

  const isResponse = startLine.startsWith('HTTP/')
  const status = isResponse ? Number(startLine.split(' ')[1]) : 0
  if (bodyless || (isResponse && (status < 200 || status === 204 || status === 304))) return done('', rest)
  if (header('transfer-encoding')?.toLowerCase() === 'chunked') {
    const chunked = takeChunks(rest)
    return chunked === undefined ? undefined : done(chunked.body, chunked.rest, chunked.trailers)
  }
  const length = header('content-length')
  if (length !== undefined)
    return rest.length < Number(length)
      ? undefined
      : done(rest.slice(0, Number(length)), rest.slice(Number(length)))
  if (!isResponse) return done('', rest)
  return ended ? done(rest, '') : undefined
}

function fieldOf(line: string): [string, string] {
  const colon = line.indexOf(':')
  return colon < 0 ? [line, ''] : [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
}

function takeChunks(bytes: string): { body: string; rest: string; trailers: [string, string][] } | undefined {
  let body = ''
  let rest = bytes
  for (;;) {
    const line = rest.indexOf('\r\n')
    if (line < 0) return undefined
    const size = Number.parseInt(rest.slice(0, line), 16)
    rest = rest.slice(line + 2)
    if (size === 0) break
    if (rest.length < size + 2) return undefined
    body += rest.slice(0, size)
    rest = rest.slice(size + 2)
  }
  const trailers: [string, string][] = []
  for (;;) {
    const line = rest.indexOf('\r\n')
    if (line < 0) return undefined
    const text = rest.slice(0, line)
    rest = rest.slice(line + 2)
    if (text === '') return { body, rest, trailers }
    trailers.push(fieldOf(text))
  }
}
