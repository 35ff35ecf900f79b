import {
  type AnalysisMessage,
  type AnalyzeOptions,
  analyze,
  analyzers,
  atLeast,
  messageTypes,
  parseSuppression,
  type Suppression,
} from '@batten/api/analyze'
import { fromYaml, type ParsedDocument, parseDocuments } from '@batten/api/yaml'
import { BattenError } from '@batten/core/errors'
import { FILE_ENDINGS, type FileSelection, filesToAnalyze, readInput } from '../analyze/files.ts'
import { isUnread } from '../analyze/log.ts'
import { printMessages } from '../analyze/output.ts'
import { analysisSummary } from '../analyze/summary.ts'
import type { AnalyzeFlags } from '../commands/analyze.ts'
import { DUMP_LIMITS } from '../input/dump-limits.ts'
import { EXIT, printError } from '../main.ts'

/** Analyzes files and prints what is found. */
export async function runAnalyze(flags: AnalyzeFlags, ...paths: string[]): Promise<void> {
  try {
    if (flags.listAnalyzers) process.stdout.write(analyzerList())
    else process.exitCode = await analyzeFiles(flags, paths)
  } catch (error) {
    printError(error)
    process.exitCode =
      error instanceof BattenError && error.code === 'ANALYZE_CONFIG_UNREADABLE' ? EXIT.badData : EXIT.usage
  }
}

/** The list of `-L`, in the form of istioctl. */
function analyzerList(): string {
  const sorted = analyzers.toSorted((a, b) => (a.name < b.name ? -1 : 1))
  return sorted.map(({ name, description }) => `* ${name}:\n    ${description}\n`).join('')
}

async function analyzeFiles(flags: AnalyzeFlags, paths: readonly string[]): Promise<number> {
  checkSources(flags, paths)
  const suppress = (flags.suppress ?? []).map(suppressionOf)
  const selection = filesToAnalyze(paths, { isRecursive: flags.recursive })
  const isTalking = flags.output === 'log' || flags.output === 'github'
  if (isTalking || selection.files.length === 0) tellSkipped(selection, flags)
  if (selection.files.length === 0) console.error('‼ there is no file to analyze')
  const sources = new Map<string, string>()
  const documents: ParsedDocument[] = []
  for (const path of selection.files) {
    if (path === '-' && isTalking && process.stdin.isTTY) console.error('reading from standard input:')
    const { file, text } = await readInput(path)
    sources.set(file, text)
    for (const document of fromYaml(text, { file, limits: DUMP_LIMITS }).documents) documents.push(document)
  }
  const upgrade = flags.fromVersion === undefined ? {} : { upgradeFrom: flags.fromVersion }
  const options = { ...(await configOptions(flags)), ...namespaceOptions(flags), ...upgrade, suppress }
  const messages = analyze(documents, { ...options, ignoreUnknown: flags.ignoreUnknown })
  const unread = flags.ignoreUnknown ? 0 : documents.filter(({ findings }) => findings.length > 0).length
  const exitCode = exitCodeOf(messages, unread, flags)
  const shown = atLeast(messages, flags.outputThreshold)
  printMessages(shown, { form: flags.output, color: flags.color, sourceOf: (file) => sources.get(file) })
  if (isTalking) {
    const objects = documents.reduce((sum, document) => sum + document.objects.length, 0)
    const counts = { objects, files: selection.files.length, unread, shown: shown.length }
    console.error(analysisSummary({ messages, ...counts, hasFailed: exitCode !== EXIT.ok }))
  }
  return exitCode
}

function checkSources(flags: AnalyzeFlags, paths: readonly string[]): void {
  if (flags.useKube)
    throw new BattenError('CLI_NO_CLUSTER', {
      message: 'a cluster cannot be analyzed yet, only files',
      hint: 'save its objects first: kubectl get ns,nodes,svc,pods,deploy,cm,istio-io -A -o yaml | batten analyze -',
    })
  if (paths.length === 0)
    throw new BattenError('CLI_INPUT', {
      message: 'nothing to analyze',
      hint: 'name files or folders, or - for standard input: batten analyze --recursive mesh/',
    })
}

/** Suppressions of unknown codes have no effect, which istioctl warns about as well. */
function suppressionOf(text: string): Suppression {
  const suppression = parseSuppression(text)
  if (suppression === undefined || suppression.resource === '' || suppression.resource.includes('='))
    throw new BattenError('CLI_SUPPRESS', {
      message: `"${text}" is no suppression`,
      hint: 'write CODE=RESOURCE, as in -S "IST0102=Namespace shop" or -S "IST0103=Pod *.shop"',
    })
  const { code } = suppression
  if (!code.includes('*') && messageTypes.every((type) => type.code !== code))
    console.error(`‼ ${code} is no code of a message: the suppression "${text}" has no effect`)
  return suppression
}

function tellSkipped({ files, skippedFiles, skippedFolders }: FileSelection, flags: AnalyzeFlags): void {
  if (flags.verbose)
    for (const file of files) console.error(`reading ${file === '-' ? 'standard input' : file}`)
  if (skippedFiles.length > 0 && !flags.ignoreUnknown) {
    const named = flags.verbose || skippedFiles.length <= 3
    const what = named ? skippedFiles.join(', ') : `${skippedFiles.length} files`
    console.error(`skipping ${what}: only ${FILE_ENDINGS.join(', ')} are read`)
  }
  if (skippedFolders.length > 0) {
    const what =
      flags.verbose || skippedFolders.length <= 3
        ? skippedFolders.join(', ')
        : `${skippedFolders.length} folders`
    console.error(`not entering ${what}: --recursive reads folders below folders`)
  }
}

async function configOptions({
  meshConfigFile,
  meshNetworksFile,
}: AnalyzeFlags): Promise<Pick<AnalyzeOptions, 'meshConfig' | 'meshNetworks'>> {
  const meshConfig =
    meshConfigFile === undefined ? undefined : await configDocument(meshConfigFile, 'validateMeshConfig')
  const meshNetworks =
    meshNetworksFile === undefined
      ? undefined
      : await configDocument(meshNetworksFile, 'validateMeshNetworks')
  return {
    ...(meshConfig === undefined ? {} : { meshConfig }),
    ...(meshNetworks === undefined ? {} : { meshNetworks }),
  }
}

/** What is wrong with a configuration does not keep objects from being analyzed, as long as it is YAML. */
async function configDocument(
  path: string,
  check: 'validateMeshConfig' | 'validateMeshNetworks',
): Promise<ParsedDocument | string> {
  const { file, text } = await readInput(path)
  const document = parseDocuments(text, { file })[0]
  if (document === undefined) return ''
  const isInstallation =
    typeof document.value === 'object' && document.value !== null && 'spec' in document.value
  if (document.findings.length === 0 && !isInstallation) {
    const mesh = await import('@batten/api/mesh')
    for (const { message, range } of mesh[check](document))
      console.error(`‼ ${file}${range === undefined ? '' : `:${range.line}`}: ${message}`)
  }
  return document
}

function namespaceOptions({
  namespace,
  allNamespaces,
}: AnalyzeFlags): Pick<AnalyzeOptions, 'namespaces' | 'defaultNamespace'> {
  if (namespace === undefined || allNamespaces) return {}
  return { namespaces: [namespace], defaultNamespace: namespace }
}

/** Findings of all levels count, whatever is printed. */
function exitCodeOf(messages: readonly AnalysisMessage[], unread: number, flags: AnalyzeFlags): number {
  const ofObjects = messages.filter((message) => !isUnread(message))
  if (atLeast(ofObjects, flags.failureThreshold).length > 0) return EXIT.findings
  return unread > 0 ? EXIT.badData : EXIT.ok
}
