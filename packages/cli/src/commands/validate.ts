import { buildCommand } from '@stricli/core'

export interface ValidateFlags {
  readonly filename?: readonly string[]
  readonly output: 'text' | 'json'
}

/** `batten validate -f FILE|DIR|-` */
export const validateCommand = buildCommand<ValidateFlags, string[]>({
  docs: {
    brief: 'Check objects as the API server and the webhook of Istio do',
    fullDescription:
      'Reads YAML or JSON and prints every finding of schema, CEL rules and webhook rules. Exits with 65 when an object would be refused.',
  },
  parameters: {
    positional: {
      kind: 'array',
      parameter: { brief: 'Files and folders', parse: String, placeholder: 'file' },
    },
    flags: {
      filename: {
        kind: 'parsed',
        parse: String,
        variadic: true,
        optional: true,
        brief: 'A file, a folder, or - for standard input; may be given several times',
      },
      output: { kind: 'enum', values: ['text', 'json'], default: 'text', brief: 'Format of the output' },
    },
    aliases: { f: 'filename', o: 'output' },
  },
  loader: async () => (await import('../run/run-validate.ts')).runValidate,
})
