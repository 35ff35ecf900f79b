import { readFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ImportStatement, type Parser } from 'assemblyscript'
import asc from 'assemblyscript/asc'
import { analyzeFilter, FilterSourceError } from './analyze-filter.ts'
import { type FilterFinding, locate } from './diagnostics.ts'
import { generateEntry } from './generate-entry.ts'
import { blankTypeImports } from './type-imports.ts'

/** What the compiler is asked to do. */
export interface CompileRequest {
  /** Absolute path of the filter's source. */
  readonly entry: string
  readonly debug: boolean
  readonly optimize: boolean
}

export interface CompileResult {
  /** Undefined when there were errors. */
  readonly wasm: Uint8Array<ArrayBuffer> | undefined
  readonly diagnostics: readonly FilterFinding[]
  /** Absolute paths of every file of the user's that took part: what to watch. */
  readonly sources: readonly string[]
}

/** The SDK's own AssemblyScript; two levels up from here both in `src` and in `dist`. */
const ASSEMBLY_DIR = fileURLToPath(new URL('../../assembly/', import.meta.url))
const SDK_ASSEMBLY = '~lib/@batten/wasm-sdk/assembly'
const SDK_FILE = /(?:^|[/\\])node_modules[/\\]@batten[/\\]wasm-sdk[/\\]assembly[/\\](.+)$/

/** Virtual files; the names are not ones that a user's file has by accident. */
const STARTER = 'batten-filter-starter.ts'
const GENERATED = 'batten-filter-entry.ts'

/** What the standard library imports from JavaScript, and gets from the SDK's `platform.ts` instead. */
const PLATFORM_NAMES = new Set(['console', 'crypto', 'Date', 'performance'])

/** Compiles one filter. Never throws because of what the source says: that is in `diagnostics`. */
export async function compileFilter(request: CompileRequest): Promise<CompileResult> {
  const baseDir = dirname(request.entry)
  const entryName = basename(request.entry)
  const entryPath = entryName.replace(/\.ts$/, '')
  const sources = new Map<string, string>()
  const diagnostics: FilterFinding[] = []
  let wasm: Uint8Array<ArrayBuffer> | undefined
  let fatal = ''

  const transform = {
    afterParse(parser: Parser): void {
      redirectPlatform(parser)
      try {
        parser.parseFile(generateEntry(analyzeFilter(parser, entryPath)), GENERATED, true)
      } catch (error) {
        if (error instanceof FilterSourceError) diagnostics.push(sourceError(error, baseDir))
        // Without an entry there is nothing to compile.
        throw error
      }
    },
  }

  const { error } = await asc.main(compilerArguments(request), {
    stdout: { write: () => {} },
    stderr: { write: (chunk: string | Uint8Array) => (fatal += chunk.toString()) },
    async readFile(name: string, base: string) {
      if (name === STARTER) return `import './${entryPath}'\nimport '@batten/wasm-sdk/assembly/generated'\n`
      const path = sdkFile(name) ?? resolve(base, name)
      const text = await readFile(path, 'utf8').catch(() => null)
      if (text === null || path.startsWith(ASSEMBLY_DIR)) return text
      sources.set(path, text)
      return blankTypeImports(text)
    },
    writeFile(_name: string, contents: string | Uint8Array) {
      if (typeof contents !== 'string') wasm = new Uint8Array(contents)
    },
    listFiles: () => [],
    reportDiagnostic(diagnostic: CompilerDiagnostic) {
      const found = compilerDiagnostic(diagnostic, baseDir, sources)
      // Warnings about the SDK and the generated entry are not the user's to act on.
      if (found.file !== undefined || found.severity === 'error') diagnostics.push(found)
    },
    // biome-ignore lint/suspicious/noExplicitAny: the compiler's type wants classes, it takes objects as well
    transforms: [transform] as any,
  })
  explainClosures(diagnostics)
  dropConsequences(diagnostics)
  if (wasm !== undefined) diagnostics.push(...foreignImports(wasm))
  const failed = diagnostics.some((diagnostic) => diagnostic.severity === 'error')
  if (error !== null && !failed) diagnostics.push(internalError(error.message, fatal))
  return {
    wasm: error === null && !failed ? wasm : undefined,
    diagnostics,
    sources: [...sources.keys()],
  }
}

function compilerArguments(request: CompileRequest): string[] {
  return [
    STARTER,
    ...['--baseDir', dirname(request.entry), '--outFile', 'filter.wasm'],
    // Not the start section: the host's functions cannot be called before the instance is known to the host.
    ...['--exportStart', '_initialize'],
    // Smaller steps of the garbage collector than every 16 KiB cost a tenth of the time of a small filter.
    ...['--runtime', 'incremental', '--use', 'ASC_GC_GRANULARITY=16384'],
    ...['abort', 'seed', 'trace'].flatMap((name) => ['--use', `${name}=${SDK_ASSEMBLY}/platform/${name}`]),
    // A higher shrink level makes the standard library quadratic (`join` concatenates).
    ...['--optimizeLevel', request.optimize ? '3' : '0', '--shrinkLevel', '0'],
    ...(request.debug ? ['--debug'] : []),
    // 235: only functions are exports of a module; the user's classes are not meant to be.
    ...['--disableWarning', '235'],
  ]
}

function sdkFile(name: string): string | undefined {
  const rest = SDK_FILE.exec(name)?.[1]
  return rest === undefined ? undefined : join(ASSEMBLY_DIR, rest)
}

/** Points `console`, `Date`, `crypto` and `performance` of the standard library at the SDK. */
function redirectPlatform(parser: Parser): void {
  for (const source of parser.sources) {
    if (!source.internalPath.startsWith('~lib/') || source.internalPath.startsWith(SDK_ASSEMBLY)) continue
    for (const statement of source.statements) {
      if (!(statement instanceof ImportStatement) || statement.internalPath !== '~lib/bindings/dom') continue
      const names = statement.declarations ?? []
      if (names.every(({ foreignName }) => PLATFORM_NAMES.has(foreignName.text))) {
        statement.internalPath = `${SDK_ASSEMBLY}/platform`
      }
    }
  }
}

/** What the compiler reports. */
interface CompilerDiagnostic {
  readonly message: string
  readonly code: number
  readonly category: number
  readonly range: {
    readonly start: number
    readonly end: number
    readonly source: { readonly normalizedPath: string } | null
  } | null
}

/** `DiagnosticCategory` of the compiler. */
const SEVERITIES: readonly FilterFinding['severity'][] = ['info', 'info', 'warning', 'error']

function compilerDiagnostic(
  diagnostic: CompilerDiagnostic,
  baseDir: string,
  sources: ReadonlyMap<string, string>,
): FilterFinding {
  const severity = SEVERITIES[diagnostic.category] ?? 'error'
  // Codes under 1000 are AssemblyScript's own, the others are TypeScript's.
  const code = `${diagnostic.code < 1000 ? 'AS' : 'TS'}${diagnostic.code}`
  const range = diagnostic.range
  const name = range?.source?.normalizedPath
  const file = name === undefined || name.startsWith('~lib/') ? undefined : resolve(baseDir, name)
  const text = file === undefined ? undefined : sources.get(file)
  if (range === null || file === undefined || text === undefined) {
    const where = name === undefined ? '' : ` (in ${name})`
    return { severity, code, message: diagnostic.message + where, ...NOWHERE }
  }
  const length = range.end - range.start
  return { severity, code, message: diagnostic.message, file, length, ...locate(text, range.start) }
}

/** What the generated entry cannot do with a class that has a mistake of its own is said by that mistake. */
function dropConsequences(diagnostics: FilterFinding[]): void {
  if (!diagnostics.some(({ severity, file }) => severity === 'error' && file !== undefined)) return
  for (const [index, { file, message }] of [...diagnostics.entries()].reverse())
    if (file === undefined && message.endsWith(`(in ${GENERATED})`)) diagnostics.splice(index, 1)
}

/** What the module needs of a host and no proxy has: `process.exit` of the standard library, say. */
function foreignImports(wasm: Uint8Array<ArrayBuffer>): FilterFinding[] {
  const { Module } = WebAssembly
  return Module.imports(new Module(wasm))
    .filter(
      ({ module, name }) => !(module.startsWith('wasi_') || (module === 'env' && PROXY_NAME.test(name))),
    )
    .map(({ module, name }) => ({
      severity: 'error',
      code: 'BATTEN',
      message: `the filter uses ${module === 'env' ? name : `${module}.${name}`}, which no proxy has`,
      ...NOWHERE,
    }))
}

const PROXY_NAME = /^(proxy|envoy)_/

/** Node has it; its type definitions do not. */
const { WebAssembly } = globalThis as unknown as {
  WebAssembly: {
    Module: {
      new (bytes: Uint8Array<ArrayBuffer>): object
      imports(module: object): { readonly module: string; readonly name: string }[]
    }
  }
}

/** The commonest surprise: the compiler's words for it do not say what to do. */
function explainClosures(diagnostics: FilterFinding[]): void {
  for (const closure of diagnostics.filter(({ message }) => message === 'Not implemented: Closures')) {
    for (const [index, other] of [...diagnostics.entries()].reverse()) {
      const isSamePlace = other.file === closure.file && other.line === closure.line
      if (other === closure) diagnostics[index] = { ...closure, message: CLOSURE_MESSAGE }
      else if (isSamePlace && other.column === closure.column) diagnostics.splice(index, 1)
    }
  }
}

const CLOSURE_MESSAGE =
  'a function cannot use variables of the function around it (AssemblyScript has no closures): pass them as arguments, or keep them in the filter and use `self`'

function sourceError(error: FilterSourceError, baseDir: string): FilterFinding {
  const { source, start, end, message } = error
  const whole = start === 0 && end === source.text.length
  return {
    severity: 'error',
    code: 'BATTEN',
    message,
    file: resolve(baseDir, source.normalizedPath),
    length: whole ? 1 : end - start,
    ...locate(source.text, start),
  }
}

function internalError(message: string, output: string): FilterFinding {
  const detail = output.trim() === '' ? message : `${message}: ${output.trim()}`
  return { severity: 'error', code: 'BATTEN', message: detail, ...NOWHERE }
}

const NOWHERE = { file: undefined, line: 0, column: 0, sourceLine: '', length: 0 } as const
