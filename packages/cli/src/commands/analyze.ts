import { buildCommand } from '@stricli/core'

/** Levels of findings, the worst first. */
export type LevelName = 'Error' | 'Warning' | 'Info'

/** Forms of the output. */
export type AnalyzeOutput = 'log' | 'json' | 'yaml' | 'sarif' | 'github'

export interface AnalyzeFlags {
  readonly useKube: boolean
  readonly namespace?: string
  readonly allNamespaces: boolean
  readonly suppress?: readonly string[]
  readonly listAnalyzers: boolean
  readonly meshConfigFile?: string
  readonly meshNetworksFile?: string
  readonly fromVersion?: string
  readonly failureThreshold: LevelName
  readonly outputThreshold: LevelName
  readonly recursive: boolean
  readonly ignoreUnknown: boolean
  readonly output: AnalyzeOutput
  readonly color?: boolean
  readonly verbose: boolean
}

/** Reads one of some words, in any case, as istioctl does. */
function oneOf<T extends string>(words: readonly T[]): (text: string) => T {
  return (text) => {
    const found = words.find((word) => word.toLowerCase() === text.toLowerCase())
    if (found === undefined) throw new SyntaxError(`expected one of ${words.join(', ')}`)
    return found
  }
}

function istioRelease(text: string): string {
  if (!/^v?1\.\d+(\.\d+)?$/.test(text)) throw new SyntaxError('expected a release of Istio, as 1.20')
  return text
}

const LEVELS = ['Info', 'Warning', 'Error'] as const
const OUTPUTS = ['log', 'json', 'yaml', 'sarif', 'github'] as const

/** `batten analyze [FILE|DIR …]` */
export const analyze = buildCommand<AnalyzeFlags, string[]>({
  docs: {
    brief: 'Look for mistakes that show when objects are seen together',
    fullDescription: [
      'Reads YAML or JSON and reports what is referenced and does not exist, what contradicts something else and what has no effect: the checks of istioctl analyze, with its codes, and more.',
      'Everything in the files counts, Services, Pods, Namespaces, Nodes and Secrets too. Exits with 79 when a finding reaches the failure threshold, with 65 when a document cannot be read, with 64 for wrong usage.',
      '',
      'Examples:',
      '  batten analyze --recursive mesh/',
      '  kubectl get ns,nodes,svc,pods,deploy,cm,istio-io -A -o yaml | batten analyze -',
      '  batten analyze -S "IST0102=Namespace *" -S "IST0118=Service db.shop" mesh/',
      '  batten analyze -o sarif mesh/ > batten.sarif',
    ].join('\n'),
  },
  parameters: {
    positional: {
      kind: 'array',
      parameter: {
        brief: 'Files, folders, or - for standard input',
        parse: String,
        placeholder: 'file',
      },
    },
    flags: {
      useKube: {
        kind: 'boolean',
        default: false,
        brief: 'Analyze a cluster as well; there is no source for it yet',
      },
      namespace: {
        kind: 'parsed',
        parse: String,
        optional: true,
        placeholder: 'name',
        brief: 'Report only about this namespace; objects that name none belong to it',
      },
      allNamespaces: { kind: 'boolean', default: false, brief: 'Report about every namespace, also with -n' },
      suppress: {
        kind: 'parsed',
        parse: String,
        variadic: true,
        optional: true,
        placeholder: 'code=resource',
        brief:
          'Do not report a code about a resource, as in "IST0102=Namespace shop"; may have * and be repeated',
      },
      listAnalyzers: { kind: 'boolean', default: false, brief: 'List the analyzers and do nothing else' },
      meshConfigFile: {
        kind: 'parsed',
        parse: String,
        optional: true,
        placeholder: 'file',
        brief: 'Mesh configuration (also --meshConfigFile), instead of the one of the ConfigMap istio',
      },
      meshNetworksFile: {
        kind: 'parsed',
        parse: String,
        optional: true,
        placeholder: 'file',
        brief: 'Mesh networks (also --meshNetworksFile), instead of those of the ConfigMap istio',
      },
      fromVersion: {
        kind: 'parsed',
        parse: istioRelease,
        optional: true,
        placeholder: '1.x',
        brief:
          'Istio release that is upgraded from: report what depends on defaults that changed since (IST0169)',
      },
      failureThreshold: {
        kind: 'parsed',
        parse: oneOf(LEVELS),
        default: 'Error',
        placeholder: LEVELS.join('|'),
        brief: 'Level from which on findings make the command exit with 79',
      },
      outputThreshold: {
        kind: 'parsed',
        parse: oneOf(LEVELS),
        default: 'Info',
        placeholder: LEVELS.join('|'),
        brief: 'Level from which on findings are printed',
      },
      recursive: { kind: 'boolean', default: false, brief: 'Read the folders below folders too' },
      ignoreUnknown: {
        kind: 'boolean',
        default: false,
        brief: 'Pass over documents that are no object or cannot be read',
      },
      output: {
        kind: 'parsed',
        parse: oneOf(OUTPUTS),
        default: 'log',
        placeholder: OUTPUTS.join('|'),
        brief: 'Form of the output',
      },
      color: {
        kind: 'boolean',
        optional: true,
        brief: 'Colours in the log; by default on a terminal without NO_COLOR',
      },
      verbose: { kind: 'boolean', default: false, brief: 'Name the files that are read or skipped' },
    },
    aliases: {
      k: 'useKube',
      n: 'namespace',
      A: 'allNamespaces',
      S: 'suppress',
      L: 'listAnalyzers',
      R: 'recursive',
      o: 'output',
      v: 'verbose',
    },
  },
  loader: async () => (await import('../run/run-analyze.ts')).runAnalyze,
})
