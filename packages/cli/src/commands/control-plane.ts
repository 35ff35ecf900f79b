import { buildCommand } from '@stricli/core'
import { parsePort } from './parse-port.ts'

export interface ControlPlaneFlags {
  readonly config: readonly string[]
  readonly stateDir?: string
  readonly host: string
  readonly xdsPort: number
  readonly tlsPort: number
  readonly debugPort: number
  readonly logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'off'
  readonly parentWatch: boolean
}

/** `batten control-plane --config mesh/` */
export const controlPlane = buildCommand<ControlPlaneFlags>({
  docs: { brief: 'Run the control plane from folders of YAML' },
  parameters: {
    flags: {
      config: {
        kind: 'parsed',
        parse: String,
        variadic: true,
        brief: 'Folder or file of YAML; may be given several times',
      },
      stateDir: {
        kind: 'parsed',
        parse: String,
        optional: true,
        brief: 'Where the certificate authority keeps its keys; in memory when absent',
      },
      host: { kind: 'parsed', parse: String, brief: 'Address to listen on', default: '127.0.0.1' },
      xdsPort: { kind: 'parsed', parse: parsePort, brief: 'Plaintext xDS', default: '15010' },
      tlsPort: {
        kind: 'parsed',
        parse: parsePort,
        brief: 'xDS and certificate authority over TLS',
        default: '15012',
      },
      debugPort: {
        kind: 'parsed',
        parse: parsePort,
        brief: 'Debug pages, metrics and readiness',
        default: '15014',
      },
      logLevel: {
        kind: 'enum',
        values: ['trace', 'debug', 'info', 'warn', 'error', 'off'],
        brief: 'What is logged to stderr',
        default: 'info',
      },
      parentWatch: { kind: 'boolean', brief: 'End when the process that started it is gone', default: false },
    },
  },
  loader: async () => (await import('../run/run-control-plane.ts')).runControlPlaneCommand,
})
