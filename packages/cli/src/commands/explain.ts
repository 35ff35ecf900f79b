import { buildCommand } from '@stricli/core'

/** `batten explain VirtualService.spec.http.retries` */
export const explain = buildCommand<Record<never, never>, [string]>({
  docs: {
    brief: 'Print the documentation of a kind, a field or a code',
    fullDescription:
      'Explains a kind (VirtualService), a field (vs.spec.http.retries, MeshConfig.rootNamespace), or a code (IST0101).',
  },
  parameters: {
    positional: {
      kind: 'tuple',
      parameters: [{ brief: 'A kind with fields, or a code', parse: String, placeholder: 'what' }],
    },
  },
  loader: async () => (await import('../run/run-explain.ts')).runExplain,
})
