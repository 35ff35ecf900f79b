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
      'Reads YAML or JSON and prints every finding of schema, CEL rules and webhook rules. With -o json there is one entry for each document in order, also for one that is empty or could not be read; a List has one for each item. Exits with 0 when all are accepted, with 65 when one is refused, and with 64 when the command is wrong: an unknown flag, no input, or a file that cannot be read.',
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
