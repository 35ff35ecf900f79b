import { buildCommand } from '@stricli/core'

export interface CrdsFlags {
  readonly kind?: readonly string[]
  readonly output: 'yaml' | 'json'
}

/** `batten crds --kind VirtualService` */
export const crds = buildCommand<CrdsFlags>({
  docs: { brief: 'Print the CustomResourceDefinitions of the mesh' },
  parameters: {
    flags: {
      kind: {
        kind: 'parsed',
        parse: String,
        variadic: true,
        optional: true,
        brief: 'A kind, by its name, plural or short name; default: all',
      },
      output: { kind: 'enum', values: ['yaml', 'json'], default: 'yaml', brief: 'Format of the output' },
    },
    aliases: { o: 'output' },
  },
  loader: async () => (await import('../run/run-crds.ts')).runCrds,
})
