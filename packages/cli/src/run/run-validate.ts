import { accepted, type Finding, validate } from '@batten/api/validate'
import { fromYaml, type ParsedDocument } from '@batten/api/yaml'
import type { ValidateFlags } from '../commands/validate.ts'
import { renderFinding } from '../dev/findings.ts'
import { DUMP_LIMITS } from '../input/dump-limits.ts'
import { emptyDocuments } from '../input/empty-documents.ts'
import { readInputs } from '../input/read-inputs.ts'
import { EXIT, printError } from '../main.ts'

/** What `-o json` prints of an object, or of a document that is none or could not be read. */
interface Entry {
  readonly index: number
  readonly file: string
  readonly apiVersion: string | null
  readonly kind: string | null
  readonly namespace: string | null
  readonly name: string | null
  readonly accepted: boolean
  readonly findings: readonly Finding[]
}

/** Checks what the files say and prints the findings. */
export async function runValidate(flags: ValidateFlags, ...files: string[]): Promise<void> {
  const paths = [...(flags.filename ?? []), ...files]
  if (paths.length === 0) {
    console.error('× nothing to validate\n  hint: name files with -f, or - for standard input')
    process.exitCode = EXIT.usage
    return
  }
  let inputs: Awaited<ReturnType<typeof readInputs>>
  try {
    inputs = await readInputs(paths)
  } catch (error) {
    printError(error)
    process.exitCode = EXIT.usage
    return
  }
  const entries: Entry[] = []
  for (const { file, text } of inputs) {
    for (const entry of entriesOf(text, file)) entries.push({ ...entry, index: entries.length })
  }
  if (flags.output === 'json') console.log(JSON.stringify({ objects: entries.map(printable) }, null, 2))
  else printText(entries)
  if (entries.some((entry) => !entry.accepted)) process.exitCode = EXIT.badData
}

/** One entry for each document in the order of the text; a list of objects has one for each of its items. */
function entriesOf(text: string, file: string): Entry[] {
  const { documents } = fromYaml(text, { file, limits: DUMP_LIMITS })
  const parts = documents.flatMap((document) => partsOf(document, file))
  // Nothing was read of a text that is too large.
  if (documents.length === 1 && documents[0]?.findings[0]?.code === 'YAML_TOO_LARGE')
    return parts.map(({ entry }) => entry)
  for (const { line } of emptyDocuments(text))
    parts.push({ line, column: 1, entry: entryOf(file, undefined, []) })
  return parts.sort((a, b) => a.line - b.line || a.column - b.column).map(({ entry }) => entry)
}

/** An entry, and where it stands. */
interface Part {
  readonly line: number
  readonly column: number
  readonly entry: Entry
}

function partsOf(document: ParsedDocument, file: string): Part[] {
  const parts = document.objects.map((parsed): Part => {
    const { line, column } = parsed.position([])
    return { line, column, entry: entryOf(file, parsed.object, validate(parsed)) }
  })
  // Items that are no objects have a finding each; a document that could not be read has one or more.
  const isList = Array.isArray(fieldsOf(document.value)['items'])
  const groups = isList ? document.findings.map((one) => [one]) : [document.findings]
  if (groups.length === 0 && parts.length === 0) groups.push([])
  for (const findings of groups) {
    if (findings.length === 0 && parts.length > 0) continue
    const { line, column } = findings[0]?.range ?? document.range
    const value = isList && findings.length > 0 ? undefined : document.value
    parts.push({ line, column, entry: entryOf(file, value, findings) })
  }
  return parts
}

function entryOf(file: string, value: unknown, findings: readonly Finding[]): Entry {
  const object = fieldsOf(value)
  const metadata = fieldsOf(object['metadata'])
  return {
    index: 0,
    file,
    apiVersion: textOf(object['apiVersion']),
    kind: textOf(object['kind']),
    namespace: textOf(metadata['namespace']),
    name: textOf(metadata['name']),
    accepted: accepted(findings),
    findings,
  }
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}

function printable({ findings, ...entry }: Entry): unknown {
  return {
    ...entry,
    findings: findings.map(({ code, severity, layer, path, message, hint, file, range }) => ({
      code,
      severity,
      layer,
      path,
      message,
      hint: hint ?? null,
      file: file ?? entry.file,
      line: range?.line ?? null,
      column: range?.column ?? null,
    })),
  }
}

function printText(entries: readonly Entry[]): void {
  for (const { findings } of entries) {
    for (const { range, ...finding } of findings) {
      const place = range === undefined ? {} : { line: range.line, column: range.column }
      console.log(renderFinding({ ...finding, ...place }, process.cwd()))
    }
  }
  const refused = entries.filter((entry) => !entry.accepted).length
  const good = entries.filter((entry) => entry.accepted && entry.kind !== null).length
  console.log(`${count(good, 'object')} accepted, ${refused} refused`)
}

function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`
}
