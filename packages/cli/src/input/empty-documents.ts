/** A document that says nothing: where it begins. */
export interface EmptyDocument {
  /** From 1. */
  readonly line: number
}

const MARKER = /^---(?:[ \t]+#.*|[ \t]*)\r?$/
const SILENT = /^[ \t]*(?:#.*)?\r?$|^\.\.\.[ \t]*\r?$|^%/

/**
 * Documents of a text that hold nothing but comments: those between two `---` lines. What stands before the first line
 * or after the last one is no document.
 */
export function emptyDocuments(text: string): EmptyDocument[] {
  const out: EmptyDocument[] = []
  let start: number | undefined
  for (const [i, line] of text.split('\n').entries()) {
    if (MARKER.test(line)) {
      if (start !== undefined) out.push({ line: start })
      start = i + 1
    } else if (!SILENT.test(line)) start = undefined
  }
  return out
}
