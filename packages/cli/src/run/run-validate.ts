import type { KubernetesObject } from '@batten/api'
import { accepted, type Finding, validate } from '@batten/api/validate'
import { fromYaml, type ParsedDocument } from '@batten/api/yaml'
import type { ValidateFlags } from '../commands/validate.ts'
import { renderFinding } from '../dev/findings.ts'
import { readInputs } from '../input/read-inputs.ts'
import { EXIT, printError } from '../main.ts'

/** What `-o json` prints of an object, or of a document that could not be read. */
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
    for (const document of fromYaml(text, { file }).documents) addEntries(document, file, entries)
  }
  if (flags.output === 'json') console.log(JSON.stringify({ objects: entries.map(printable) }, null, 2))
  else printText(entries)
  if (entries.some((entry) => !entry.accepted)) process.exitCode = EXIT.badData
}

function addEntries(document: ParsedDocument, file: string, entries: Entry[]): void {
  if (document.findings.length > 0) entries.push(entryOf(entries.length, file, undefined, document.findings))
  for (const parsed of document.objects)
    entries.push(entryOf(entries.length, file, parsed.object, validate(parsed, { knownKindsOnly: false })))
}

function entryOf(
  index: number,
  file: string,
  object: KubernetesObject | undefined,
  findings: readonly Finding[],
): Entry {
  return {
    index,
    file,
    apiVersion: object?.apiVersion ?? null,
    kind: object?.kind ?? null,
    namespace: object?.metadata?.namespace ?? null,
    name: object?.metadata?.name ?? null,
    accepted: accepted(findings),
    findings,
  }
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
  console.log(`${count(entries.length - refused, 'object')} accepted, ${refused} refused`)
}

function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`
}
