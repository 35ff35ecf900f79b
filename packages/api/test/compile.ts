import { join } from 'node:path'
import ts from 'typescript'

/** Where the modules seem to be: a folder from which the packages of the repository are found. */
const FOLDER = new URL('.', import.meta.url).pathname

const OPTIONS: ts.CompilerOptions = {
  strict: true,
  noEmit: true,
  skipLibCheck: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  erasableSyntaxOnly: true,
  verbatimModuleSyntax: true,
  allowImportingTsExtensions: true,
  module: ts.ModuleKind.NodeNext,
  target: ts.ScriptTarget.ES2024,
  lib: ['lib.es2024.d.ts', 'lib.esnext.disposable.d.ts', 'lib.esnext.collection.d.ts'],
  types: ['node'],
  customConditions: ['@batten/source'],
}

/**
 * What the compiler says about modules that are on no disk, as `file:line: message`, in a strict project of a user.
 * Names are those of files in one folder, so that modules can import each other.
 */
export function diagnostics(
  modules: ReadonlyMap<string, string>,
  options: ts.CompilerOptions = {},
): string[] {
  const all = { ...OPTIONS, ...options }
  const host = ts.createCompilerHost(all)
  const texts = new Map([...modules].map(([name, text]) => [join(FOLDER, name), text]))
  const { readFile, fileExists, getSourceFile } = host
  host.fileExists = (file) => texts.has(file) || fileExists(file)
  host.readFile = (file) => texts.get(file) ?? readFile(file)
  host.getSourceFile = (file, version, ...rest) => {
    const text = texts.get(file)
    return text === undefined
      ? getSourceFile(file, version, ...rest)
      : ts.createSourceFile(file, text, version, true)
  }
  const program = ts.createProgram([...texts.keys()], all, host)
  const found = [...texts.keys()].flatMap((file) => {
    const source = program.getSourceFile(file)!
    return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)]
  })
  return [...program.getOptionsDiagnostics(), ...found].map(({ file, start = 0, messageText }) => {
    const message = ts.flattenDiagnosticMessageText(messageText, '\n').split('\n')[0]!
    if (file === undefined) return message
    const line = ts.getLineAndCharacterOfPosition(file, start).line
    return `${file.fileName.slice(FOLDER.length)}:${line + 1}: ${message} <- ${file.text.split('\n')[line]!.trim()}`
  })
}
