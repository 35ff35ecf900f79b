import { buildCommand, numberParser } from '@stricli/core'

export interface ProxyFlags {
  readonly config: string
  readonly logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'off'
  readonly drainTimeS: number
  readonly parentWatch: boolean
}

/** `batten proxy -c bootstrap.yaml` */
export const proxy = buildCommand<ProxyFlags>({
  docs: {
    brief: 'Run the proxy with an Envoy bootstrap',
    fullDescription:
      'Reads an Envoy v3 bootstrap (JSON or YAML) and serves until SIGTERM (drains first) or SIGINT (at once).',
  },
  parameters: {
    flags: {
      config: { kind: 'parsed', parse: String, brief: 'The bootstrap file' },
      logLevel: {
        kind: 'enum',
        values: ['trace', 'debug', 'info', 'warn', 'error', 'off'],
        brief: 'What is logged to stderr',
        default: 'info',
      },
      drainTimeS: {
        kind: 'parsed',
        parse: numberParser,
        brief: 'Seconds that a drain may take',
        default: '600',
      },
      parentWatch: { kind: 'boolean', brief: 'End when the process that started it is gone', default: false },
    },
    aliases: { c: 'config', l: 'logLevel' },
  },
  loader: async () => (await import('../run/run-proxy.ts')).runProxyCommand,
})
