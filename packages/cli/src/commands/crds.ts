import { buildCommand } from '@stricli/core'

export interface CrdsFlags {
  readonly kind?: readonly string[]
  readonly output: 'yaml' | 'json'
}

/** `batten crds --kind VirtualService` */
export const crds = buildCommand<CrdsFlags>({
  docs: {
    brief: 'Print the CustomResourceDefinitions of the mesh',
    fullDescription: [
      'Prints the definitions of all 15 kinds of Istio, or of those that are named. Exits with 64 for a kind that has none.',
      '',
      'Examples:',
      '  batten crds | kubectl apply --server-side -f -',
      '  batten crds --kind vs --kind dr -o json',
    ].join('\n'),
  },
  parameters: {
    flags: {
      kind: {
        kind: 'parsed',
        parse: String,
        variadic: true,
        optional: true,
        placeholder: 'name',
        brief: 'A kind, by its name, plural or short name; several with commas or flags; default: all',
      },
      output: { kind: 'enum', values: ['yaml', 'json'], default: 'yaml', brief: 'Format of the output' },
    },
    aliases: { o: 'output' },
  },
  loader: async () => (await import('../run/run-crds.ts')).runCrds,
})
