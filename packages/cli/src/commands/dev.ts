import { buildCommand } from '@stricli/core'
import { parsePort } from './parse-port.ts'

export interface DevFlags {
  readonly gatewayPort?: number
  readonly proxy: 'batten' | 'envoy' | 'mixed'
  readonly verbose: boolean
}

/** `batten dev [folder]` */
export const dev = buildCommand<DevFlags, [string?]>({
  docs: {
    brief: 'Run a mesh on this machine from a folder of YAML',
    fullDescription:
      'Starts a control plane, an ingress gateway, the workloads that batten.config.ts knows how to run and a sidecar for each. A saved file applies at once. Needs no root and no cluster.',
  },
  parameters: {
    positional: {
      kind: 'tuple',
      parameters: [
        {
          brief: 'The folder of the project',
          parse: String,
          optional: true,
          placeholder: 'folder',
          default: '.',
        },
      ],
    },
    flags: {
      gatewayPort: {
        kind: 'parsed',
        parse: parsePort,
        brief: 'Port of the ingress gateway (default 8080, or the next free one)',
        optional: true,
      },
      proxy: {
        kind: 'enum',
        values: ['batten', 'envoy', 'mixed'],
        brief: 'Which proxy runs beside the workloads',
        default: 'batten',
      },
      verbose: { kind: 'boolean', brief: 'Show the output of every process', default: false },
    },
    aliases: { p: 'gatewayPort', v: 'verbose' },
  },
  loader: async () => (await import('../dev/run-dev.ts')).runDev,
})
