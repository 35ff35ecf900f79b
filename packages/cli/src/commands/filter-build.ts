import { buildCommand } from '@stricli/core'

export interface FilterBuildFlags {
  readonly out?: string
  readonly debug: boolean
}

/** `batten filter build auth.ts` */
export const filterBuild = buildCommand<FilterBuildFlags, [string]>({
  docs: { brief: 'Compile an AssemblyScript filter to a Proxy-Wasm module' },
  parameters: {
    positional: {
      kind: 'tuple',
      parameters: [{ brief: 'The source of the filter', parse: String, placeholder: 'entry' }],
    },
    flags: {
      out: {
        kind: 'parsed',
        parse: String,
        optional: true,
        brief: 'The module to write; beside the source when absent',
      },
      debug: { kind: 'boolean', brief: 'Fast build with names in traces, not optimized', default: false },
    },
    aliases: { o: 'out' },
  },
  loader: async () => (await import('../run/run-filter-build.ts')).runFilterBuild,
})
