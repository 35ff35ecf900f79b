/** Part of a text that is one document. */
export interface Chunk {
  readonly start: number
  readonly end: number
  /** Line of the text on which it starts, from 1. */
  readonly line: number
}

/**
 * Splits a text into documents at lines that begin with `---`, as kubectl does.
 *
 * In YAML such a line ends a document wherever it stands, so a document that is broken (a quote or a bracket that is
 * never closed) cannot swallow those after it.
 *
 * @param most Stops at the first document over this number, which is among those that it returns.
 */
export function splitDocuments(text: string, most = Number.POSITIVE_INFINITY): Chunk[] {
  const out: Chunk[] = []
  let start = text.charCodeAt(0) === 0xfeff ? 1 : 0
  let startLine = 1
  let line = 1
  let at = start
  while (at < text.length) {
    if (isMarker(text, at) && at > start) {
      const before = text.slice(start, at)
      if (!isPreamble(before)) {
        out.push({ start, end: at, line: startLine })
        if (out.length > most) return out
        start = at
        startLine = line
      }
    }
    const end = text.indexOf('\n', at)
    if (end < 0) break
    at = end + 1
    line++
  }
  if (start < text.length) out.push({ start, end: text.length, line: startLine })
  return out
}

function isMarker(text: string, at: number): boolean {
  if (text.charCodeAt(at) !== 45 || !text.startsWith('---', at)) return false
  const next = text.charCodeAt(at + 3)
  return Number.isNaN(next) || next === 10 || next === 13 || next === 32 || next === 9
}

/** Comments, blank lines and directives belong to the document after them. */
function isPreamble(text: string): boolean {
  return /^(?:[ \t]*(?:#[^\n]*)?\r?\n|%[^\n]*\n)*$/.test(text) && !text.startsWith('---')
}
