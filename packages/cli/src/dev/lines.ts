import type { Readable } from 'node:stream'

/** Longest line that is kept together: a program may write for ever without ending one. */
export const MAX_LINE_LENGTH = 64 * 1024

/** Calls back with each line of a stream, without its end; what the stream ends with counts as a line. */
export function onLines(stream: Readable, callback: (line: string) => void): void {
  let rest = ''
  stream.setEncoding('utf8')
  stream.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop()!
    for (const line of lines) callback(line.endsWith('\r') ? line.slice(0, -1) : line)
    for (; rest.length > MAX_LINE_LENGTH; rest = rest.slice(MAX_LINE_LENGTH))
      callback(rest.slice(0, MAX_LINE_LENGTH))
  })
  stream.once('close', () => {
    if (rest !== '') callback(rest)
  })
}
