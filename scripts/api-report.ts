/**
 * The public API of the packages as text, in `packages/NAME/etc/<entry>.api.md`: a change of it shows up in a review, and
 * cannot happen unnoticed. Made by API Extractor from `dist`, so build first.
 *
 *   node scripts/api-report.ts [PACKAGE…] [--check]
 *
 * `--check` writes nothing, and fails when a report is not up to date.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { basename, dirname, join, relative } from 'node:path'
import { parseArgs } from 'node:util'
import {
  CompilerState,
  Extractor,
  ExtractorConfig,
  ExtractorLogLevel,
  type IConfigFile,
} from '@microsoft/api-extractor'

const ROOT = join(import.meta.dirname, '..')
/** What users write code against. The others are programs, or parts of ours: their entries may change at any time. */
const REPORTED = ['core', 'api', 'testing', 'wasm-sdk']
const TYPES_OF_NODE = dirname(dirname(createRequire(import.meta.url).resolve('@types/node/package.json')))

/** A report that is not what it should be; the text is what the file should have, undefined when it should go. */
export interface Outdated {
  readonly file: string
  readonly text: string | undefined
}

/** The reports of a package, by name of file, such as `index.api.md`; from the `types` of its `exports`. */
export function apiReports(folder: string): Map<string, string> {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    exports: Record<string, string | { readonly types?: string }>
  }
  const entries = Object.entries(manifest.exports).flatMap(([subpath, target]) =>
    typeof target === 'string' || target.types === undefined
      ? []
      : [{ name: subpath.slice(2) || 'index', types: join(folder, target.types) }],
  )
  const scratch = mkdtempSync(join(tmpdir(), 'batten-api-report-'))
  try {
    const configs = entries.map(({ name, types }) => configOf(folder, name, types, scratch))
    // One program for all entries: parsing is what takes the time.
    const compilerState = CompilerState.create(configs[0]!, {
      additionalEntryPoints: entries.map(({ types }) => types),
    })
    for (const config of configs) extract(config, compilerState)
    return new Map(
      entries.map(({ name }) => [`${name}.api.md`, readFileSync(join(scratch, `${name}.api.md`), 'utf8')]),
    )
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

function configOf(folder: string, name: string, types: string, scratch: string): ExtractorConfig {
  if (!existsSync(types)) throw new Error(`${types} does not exist; run \`npm run build\``)
  const configObject: IConfigFile = {
    projectFolder: folder,
    mainEntryPointFilePath: types,
    newlineKind: 'lf',
    compiler: {
      overrideTsconfig: {
        compilerOptions: {
          strict: true,
          target: 'es2024',
          lib: ['es2024', 'esnext.disposable', 'esnext.collection'],
          module: 'nodenext',
          moduleResolution: 'nodenext',
          types: ['node'],
          typeRoots: [TYPES_OF_NODE],
          skipLibCheck: true,
        },
        files: [types],
      },
    },
    apiReport: {
      enabled: true,
      reportFileName: `${name}.api.md`,
      reportFolder: scratch,
      reportTempFolder: join(scratch, 'temp'),
    },
    docModel: { enabled: false },
    dtsRollup: { enabled: false },
    tsdocMetadata: { enabled: false },
    messages: {
      compilerMessageReporting: { default: { logLevel: ExtractorLogLevel.Error } },
      // A type that can be seen but not imported is a mistake, so the report shows it.
      extractorMessageReporting: {
        default: { logLevel: ExtractorLogLevel.None },
        'ae-forgotten-export': { logLevel: ExtractorLogLevel.Warning, addToApiReportFile: true },
      },
      tsdocMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
    },
  }
  return ExtractorConfig.prepare({
    configObject,
    configObjectFullPath: join(folder, 'api-extractor.json'),
    packageJsonFullPath: join(folder, 'package.json'),
  })
}

function extract(config: ExtractorConfig, compilerState: CompilerState): void {
  const errors: string[] = []
  Extractor.invoke(config, {
    localBuild: true,
    compilerState,
    messageCallback: (message) => {
      if (message.logLevel === 'error') errors.push(message.formatMessageWithLocation(config.projectFolder))
      message.handled = true
    },
  })
  if (errors.length > 0) throw new Error(`${config.mainEntryPointFilePath}:\n${errors.join('\n')}`)
}

/** Where the committed reports of a package differ from what it exports now. */
export function outdatedReports(folder: string): Outdated[] {
  const reports = apiReports(folder)
  const outdated: Outdated[] = []
  for (const [name, text] of reports) {
    const file = join(folder, 'etc', name)
    if (!existsSync(file) || readFileSync(file, 'utf8') !== text) outdated.push({ file, text })
  }
  for (const file of globSync('etc/*.api.md', { cwd: folder }))
    if (!reports.has(basename(file))) outdated.push({ file: join(folder, file), text: undefined })
  return outdated
}

function write({ file, text }: Outdated): void {
  if (text === undefined) rmSync(file)
  else {
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
  }
}

/** What would change, as git shows it. */
function difference({ file, text }: Outdated): string {
  const path = relative(ROOT, file)
  if (text === undefined) return `${path} is of an entry that is gone`
  if (!existsSync(file)) return `${path} is missing`
  try {
    execFileSync('git', ['diff', '--no-index', '--no-color', '-U2', '--', path, '-'], {
      cwd: ROOT,
      input: text,
      encoding: 'utf8',
    })
  } catch (error) {
    return (error as { stdout: string }).stdout.split('\n').slice(0, 60).join('\n')
  }
  return path
}

if (import.meta.main) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { check: { type: 'boolean', default: false } },
  })
  const started = performance.now()
  const outdated = (positionals.length > 0 ? positionals : REPORTED).flatMap((name) =>
    outdatedReports(join(ROOT, 'packages', name)),
  )
  if (!values.check) for (const each of outdated) write(each)
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  if (values.check && outdated.length > 0) {
    console.error(outdated.map(difference).join('\n'))
    console.error('the public API has changed; run `npm run api-report`, read the difference and commit it')
    process.exitCode = 1
  } else
    console.log(`API reports: ${values.check ? 'up to date' : `${outdated.length} written`} (${seconds} s)`)
}
