import {
  type Explanation,
  explainCode,
  explainField,
  nearest,
  printExplanation,
  similarCodes,
} from '@batten/api/explain'
import { BattenError } from '@batten/core/errors'
import { commandCodes } from '../explain/command-codes.ts'
import { type ExplainableKind, explainableKinds, kubernetesNames } from '../explain/kinds.ts'
import { EXIT, printError } from '../main.ts'

/** Prints what is known about a kind, a field or a code. */
export async function runExplain(_flags: Record<never, never>, what: string): Promise<void> {
  try {
    process.stdout.write(explanation(what.trim(), Math.min(process.stdout.columns || 100, 120)))
  } catch (error) {
    printError(error)
    process.exitCode = EXIT.usage
  }
}

function explanation(what: string, width: number): string {
  const code = explainCode(what, width) ?? commandCode(what)
  if (code !== undefined) return code
  // Indices of lists stand in paths of findings.
  const words = what.replaceAll(/\[[^\]]*\]/g, '').split('.')
  const found = kindAndPath(words)
  if (found === undefined) throw unknown(what, words)
  return fieldText(found.candidates, found.path, width)
}

function commandCode(what: string): string | undefined {
  const upper = what.toUpperCase()
  const text = Object.hasOwn(commandCodes, upper) ? commandCodes[upper] : undefined
  return text === undefined ? undefined : `${upper}\n\n${text}\n`
}

/** Kinds that the first words name, the most likely one first; names may have dots. */
function kindAndPath(
  words: readonly string[],
): { candidates: readonly ExplainableKind[]; path: readonly string[] } | undefined {
  for (let end = words.length; end > 0; end--) {
    const name = words.slice(0, end).join('.').toLowerCase()
    const candidates = explainableKinds.filter(({ names }) => names.includes(name))
    if (candidates.length > 0) return { candidates, path: words.slice(end) }
  }
  return undefined
}

/** Several kinds may have one name: the first that has the field is meant, and the others are mentioned. */
function fieldText(candidates: readonly ExplainableKind[], path: readonly string[], width: number): string {
  const tried = candidates.map((kind) => ({ kind, result: attempt(kind, path) }))
  const right = tried.find(({ result }) => !(result instanceof BattenError))
  if (right === undefined || right.result instanceof BattenError) throw tried[0]!.result
  const others = tried.filter(({ kind, result }) => kind !== right.kind && !(result instanceof BattenError))
  const notes = others.map(
    ({ kind }) =>
      `For ${kind.kind} of ${kind.group}: batten explain ${[kind.uniqueName, ...path].join('.')}\n`,
  )
  return printExplanation(right.result, width) + notes.join('')
}

function attempt(kind: ExplainableKind, path: readonly string[]): Explanation | BattenError {
  try {
    return explainField(kind.schema(), kind, path)
  } catch (error) {
    if (error instanceof BattenError) return error
    throw error
  }
}

function unknown(what: string, [first = '', ...path]: readonly string[]): BattenError {
  const known = [...new Set(explainableKinds.map(({ kind }) => kind))]
  const meant = [
    ...similarCodes(what),
    ...nearest(first, known)
      .slice(0, 3)
      .map((kind) => [kind, ...path].join('.')),
  ]
  const hint = kubernetesNames.has(first.toLowerCase())
    ? `it is a kind of Kubernetes itself: kubectl explain ${[first.toLowerCase(), ...path].join('.')}`
    : meant.length > 0
      ? `did you mean ${meant.join(' or ')}?`
      : `kinds are ${known.join(', ')}; codes are those that findings have, such as IST0101`
  return new BattenError('CLI_KIND', { message: `"${what}" is no kind and no code that is known`, hint })
}
