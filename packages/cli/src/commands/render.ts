import { buildCommand } from '@stricli/core'

export interface RenderFlags {
  readonly output: 'yaml' | 'json'
  readonly out?: string
}

/** `batten render reviews.ts` */
export const render = buildCommand<RenderFlags, string[]>({
  docs: {
    brief: 'Print the YAML of what a TypeScript file exports',
    fullDescription: [
      'Prints the default export: an object, a list, a map of objects, a function that gives one of these, or a promise of one. Without a default export, every export that is an object of Kubernetes.',
      'The file runs in Node as it is, with its types taken out. Exits with 65 when it cannot be run or exports something else, with 64 for wrong usage.',
      '',
      'Examples:',
      '  batten render src/index.ts | kubectl apply -f -',
      '  CANARY=20 batten render src/index.ts --out build/mesh.yaml',
    ].join('\n'),
  },
  parameters: {
    positional: {
      kind: 'array',
      minimum: 1,
      parameter: { brief: 'TypeScript or JavaScript files', parse: String, placeholder: 'file' },
    },
    flags: {
      output: { kind: 'enum', values: ['yaml', 'json'], default: 'yaml', brief: 'Format of the output' },
      out: {
        kind: 'parsed',
        parse: String,
        optional: true,
        placeholder: 'file',
        brief: 'The file to write, folders included; default: standard output',
      },
    },
    aliases: { o: 'output' },
  },
  loader: async () => (await import('../run/run-render.ts')).runRender,
})
