import { buildCommand } from '@stricli/core'

export interface ConvertFlags {
  readonly out?: string
}

/** `batten convert reviews.yaml` */
export const convert = buildCommand<ConvertFlags, string[]>({
  docs: {
    brief: 'Turn YAML into a TypeScript file that uses the builders',
    fullDescription: [
      'The file gives the same YAML back with `batten render`; comments become comments. Exits with 65 when a document cannot be read.',
      '',
      'Examples:',
      '  batten convert mesh/ -o src/mesh.ts',
      '  kubectl get virtualservices -A -o yaml | batten convert - > routes.ts',
    ].join('\n'),
  },
  parameters: {
    positional: {
      kind: 'array',
      minimum: 1,
      parameter: { brief: 'Files, folders, or - for standard input', parse: String, placeholder: 'file' },
    },
    flags: {
      out: {
        kind: 'parsed',
        parse: String,
        optional: true,
        placeholder: 'file',
        brief: 'The file to write, folders included; default: standard output',
      },
    },
    aliases: { o: 'out' },
  },
  loader: async () => (await import('../run/run-convert.ts')).runConvert,
})
