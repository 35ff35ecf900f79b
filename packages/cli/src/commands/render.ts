import { buildCommand } from '@stricli/core'

export interface RenderFlags {
  readonly output: 'yaml' | 'json'
}

/** `batten render reviews.ts` */
export const render = buildCommand<RenderFlags, string[]>({
  docs: {
    brief: 'Print the YAML of what a TypeScript file exports',
    fullDescription:
      'Prints the default export, an object, a list, or a function that gives them; without one, every export that is an object of Kubernetes.',
  },
  parameters: {
    positional: {
      kind: 'array',
      minimum: 1,
      parameter: { brief: 'TypeScript or JavaScript files', parse: String, placeholder: 'file' },
    },
    flags: {
      output: { kind: 'enum', values: ['yaml', 'json'], default: 'yaml', brief: 'Format of the output' },
    },
    aliases: { o: 'output' },
  },
  loader: async () => (await import('../run/run-render.ts')).runRender,
})
