import { type Finding, pathText, type SourceRange } from '../validate/findings.ts'
import type { Report } from './context.ts'
import { type Level, type MessageCode, messageText, messageType } from './messages.ts'
import { originOf } from './resource.ts'

/** One thing that the analysis found. */
export interface AnalysisMessage {
  /** `IST0101`: Istio's code; `BAT0301`: one that only Batten has. */
  readonly code: MessageCode
  /** Name of the code, `ReferencedResourceNotFound`. */
  readonly name: string
  readonly level: Level
  readonly message: string
  /** What it is about: `Kind namespace/name`. Empty for a document that is no object. */
  readonly origin: string
  /** `file:line`; empty for objects that come from no file. */
  readonly reference: string
  readonly documentationUrl: string
  /** Field that is at fault: `spec.http[0].route[0].destination.host`. */
  readonly path: string
  /** Where the field stands in its file. Lines and columns begin at 1. */
  readonly range: SourceRange | undefined
  readonly file: string | undefined
  /** What to do about it. */
  readonly hint: string
}

/** Puts a report into words and finds its place. */
export function messageOf({ code, resource, args, path, atKey, hint }: Report): AnalysisMessage {
  const type = messageType(code)!
  const { parsed } = resource
  const range = parsed?.position(path, { at: atKey ? 'key' : 'value' })
  return {
    code,
    name: type.name,
    level: type.level,
    message: messageText(code, args),
    origin: originOf(resource),
    reference: referenceOf(parsed?.file, range),
    documentationUrl: type.documentationUrl,
    path: typeof path === 'string' ? path : pathText(path),
    range,
    file: parsed?.file,
    hint: hint ?? type.hint,
  }
}

/** A document that holds no object, or cannot be read. */
export function documentMessage(finding: Finding): AnalysisMessage {
  const type = messageType('IST0106')!
  return {
    code: 'IST0106',
    name: type.name,
    level: type.level,
    message: messageText('IST0106', [finding.message]),
    origin: '',
    reference: referenceOf(finding.file, finding.range),
    documentationUrl: type.documentationUrl,
    path: finding.path,
    range: finding.range,
    file: finding.file,
    hint: finding.hint ?? type.hint,
  }
}

/** A mistake of ours. */
export function internalError(detail: string): AnalysisMessage {
  const type = messageType('IST0001')!
  return {
    code: 'IST0001',
    name: type.name,
    level: type.level,
    message: messageText('IST0001', [detail]),
    origin: '',
    reference: '',
    documentationUrl: type.documentationUrl,
    path: '',
    range: undefined,
    file: undefined,
    hint: type.hint,
  }
}

/** `file:line`. */
export function referenceOf(file: string | undefined, range: SourceRange | undefined): string {
  if (file === undefined) return ''
  return range === undefined ? file : `${file}:${range.line}`
}

const ORDER: Readonly<Record<Level, number>> = { Error: 0, Warning: 1, Info: 2 }

/**
 * Messages in the order in which they are printed, each one once although several analyzers may find it: errors first,
 * then by code, object and place.
 */
export function sortedMessages(messages: readonly AnalysisMessage[]): AnalysisMessage[] {
  const sorted = [...messages].sort(compare)
  const seen = new Set<string>()
  return sorted.filter(({ code, origin, message, file, path, range }) => {
    // Without a path it is the line that tells two messages apart.
    const key = [code, origin, message, file, path === '' ? range?.line : path].join('\n')
    if (seen.has(key)) return false
    seen.add(key)
    return true
  })
}

function compare(a: AnalysisMessage, b: AnalysisMessage): number {
  return (
    ORDER[a.level] - ORDER[b.level] ||
    order(a.code, b.code) ||
    order(a.origin, b.origin) ||
    order(a.file ?? '', b.file ?? '') ||
    (a.range?.line ?? 0) - (b.range?.line ?? 0) ||
    order(a.message, b.message) ||
    order(a.path, b.path)
  )
}

function order(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}

/**
 * Messages at `threshold` or above. With `Warning` these are warnings and errors.
 *
 * @example
 * process.exitCode = atLeast(messages, 'Error').length > 0 ? 79 : 0
 */
export function atLeast(messages: readonly AnalysisMessage[], threshold: Level): AnalysisMessage[] {
  return messages.filter(({ level }) => ORDER[level] <= ORDER[threshold])
}

/** Reads a level of the command line, in any case; undefined for what is none. */
export function parseLevel(text: string): Level | undefined {
  return (Object.keys(ORDER) as Level[]).find((level) => level.toLowerCase() === text.toLowerCase())
}
