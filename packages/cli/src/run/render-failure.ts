import { existsSync, readFileSync } from 'node:fs'
import { basename, dirname, relative, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type BattenError, errorMessage } from '@batten/core'
import { type DevFinding, renderFinding } from '../dev/findings.ts'

/** A file, and a place in it. */
interface Place {
  readonly file: string
  readonly line?: number
  readonly column?: number
}

/** Something that is wrong with a module, or that it threw, with its place and without a stack. */
export class RenderFailure extends Error {
  private readonly finding: DevFinding

  constructor(finding: DevFinding, cause: unknown) {
    super(finding.message, { cause })
    this.finding = finding
  }

  /** What to tell about an error of a module. */
  static of(error: unknown, file: string): RenderFailure {
    const { message, hint } = wordsOf(error)
    const code = isBattenError(error) ? error.code : 'CLI_RENDER'
    const place = placeOf(error, file)
    return new RenderFailure(
      { code, severity: 'error', message, ...place, ...(hint === undefined ? {} : { hint }) },
      error,
    )
  }

  /** Sentence, place with a frame of the code, and hint. */
  print(): string {
    return renderFinding(this.finding, process.cwd())
  }
}

/** Not by `instanceof`: the file may have another copy of the package that it comes from. */
function isBattenError(error: unknown): error is BattenError {
  return (
    error instanceof Error &&
    error.name === 'BattenError' &&
    'code' in error &&
    typeof error.code === 'string'
  )
}

function wordsOf(error: unknown): { message: string; hint?: string | undefined } {
  if (isBattenError(error)) return { message: error.message, hint: error.hint }
  const message = errorMessage(error)
  const { code, name } = error as { code?: string; name?: string }
  switch (code) {
    case 'ERR_MODULE_NOT_FOUND':
      return missingModule(message)
    case 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX':
      return {
        message: message.replace(' in strip-only mode', ': Node runs the file with its types taken out'),
        hint: 'use syntax that is types only: no enum, no namespace with values, no parameter properties (`erasableSyntaxOnly` in tsconfig.json says so in the editor)',
      }
    case 'ERR_INVALID_TYPESCRIPT_SYNTAX':
      return { message: `no valid TypeScript: ${message}` }
    default:
  }
  if (/^Cannot use import statement outside a module/.test(message))
    return { message: 'the file is a CommonJS module', hint: 'set "type": "module" in package.json' }
  const missing = /does not provide an export named '(.+)'/.exec(message)
  if (missing !== null)
    return { message, hint: `for a type write \`import type { ${missing[1]} }\`, which is taken out` }
  // What somebody threw on purpose speaks for itself.
  return { message: name === undefined || name === 'Error' ? message : `${name}: ${message}` }
}

function missingModule(message: string): { message: string; hint?: string } {
  const [, what, name, from] = /^Cannot find (module|package) '(.+?)' imported from (.+)$/.exec(message) ?? []
  if (what === undefined || name === undefined || from === undefined) return { message }
  if (what === 'package')
    return { message: `cannot find the package "${name}"`, hint: `install it: npm install ${name}` }
  return { message: `cannot find ${relative(process.cwd(), name)}` }
}

/** Where an error comes from: the place that Node names, else the first line of the stack that is the user's. */
function placeOf(error: unknown, file: string): Place {
  const stack = error instanceof Error ? (error.stack ?? '') : ''
  const imported = / imported from (.+)$/m.exec(errorMessage(error))
  if (imported !== null) return importPlace(toPath(imported[1]!), errorMessage(error)) ?? { file }
  const [first = ''] = stack.split('\n')
  const head = /^(?:file:\/\/)?(\/.+|[A-Za-z]:.+):(\d+)$/.exec(first)
  if (head !== null) {
    const caret = /\n( *)\^/.exec(stack)
    return {
      file: toPath(first.startsWith('file:') ? `file://${head[1]}` : head[1]!),
      line: Number(head[2]),
      ...(caret === null ? {} : { column: caret[1]!.length + 1 }),
    }
  }
  for (const [, url, line, column] of stack.matchAll(/(file:\/\/[^\s()]+?)(?:\?[^\s():]*)?:(\d+):(\d+)/g)) {
    const path = toPath(url!)
    if (isOfUser(path)) return { file: path, line: Number(line), column: Number(column) }
  }
  return { file }
}

/** The line that imports what cannot be found. */
function importPlace(from: string, message: string): Place | undefined {
  if (!existsSync(from)) return undefined
  const name = /^Cannot find \w+ '(.+?)'/.exec(message)?.[1] ?? ''
  const lines = readFileSync(from, 'utf8').split('\n')
  for (const [i, line] of lines.entries()) {
    for (const { 1: specifier, index } of line.matchAll(/['"]([^'"]+)['"]/g)) {
      const isIt = specifier!.startsWith('.')
        ? resolve(dirname(from), specifier!) === name
        : specifier === name || specifier!.startsWith(`${name}/`)
      if (isIt) return { file: from, line: i + 1, column: index + 1 }
    }
  }
  return { file: from }
}

/** Folders of this command and of what it brings: places in them are of no use to a reader. */
const OWN = ['@batten/api', '@batten/core', '@batten/cli/config'].flatMap((name) => {
  try {
    return [packageFolder(fileURLToPath(import.meta.resolve(name)))]
  } catch {
    return []
  }
})

function packageFolder(file: string): string {
  let folder = dirname(file)
  while (!['src', 'dist'].includes(basename(folder)) && dirname(folder) !== folder) folder = dirname(folder)
  return folder + sep
}

function isOfUser(path: string): boolean {
  return !path.includes(`${sep}node_modules${sep}`) && !OWN.some((folder) => path.startsWith(folder))
}

function toPath(urlOrPath: string): string {
  return urlOrPath.startsWith('file:') ? fileURLToPath(urlOrPath) : urlOrPath
}
