import { parseArgs } from 'node:util'
import type { LogLevel } from '@batten/core'
import { proxyVersion } from './bootstrap/node-metadata.ts'
import { type RunProxyOptions, runProxy } from './main.ts'

const USAGE = `usage: batten-proxy -c FILE [-l LEVEL] [--drain-time-s N] [--parent-watch]

  -c, --config FILE      the Envoy v3 bootstrap, JSON or YAML
  -l, --log-level LEVEL  trace, debug, info, warn, error or off (default: info)
      --drain-time-s N   seconds that a drain may take (default: 600)
      --parent-watch     end when the process that started it is gone
      --version          print the version
  -h, --help             print this
`

/** What sysexits.h calls wrong usage. */
const EXIT_USAGE = 64

const LEVELS: readonly string[] = ['trace', 'debug', 'info', 'warn', 'error', 'off'] satisfies LogLevel[]

void main(process.argv.slice(2)).then((code) => {
  process.exitCode = code
})

/** The proxy alone, as it stands beside a workload: `batten proxy` without the rest of the command line. */
async function main(argv: readonly string[]): Promise<number> {
  let options: RunProxyOptions | 'help' | 'version'
  try {
    options = optionsOf(argv)
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${USAGE}`)
    return EXIT_USAGE
  }
  if (typeof options === 'object') return runProxy(options)
  process.stdout.write(options === 'help' ? USAGE : `${proxyVersion()}\n`)
  return 0
}

/** @throws Error that says what is wrong with the arguments */
function optionsOf(argv: readonly string[]): RunProxyOptions | 'help' | 'version' {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      config: { type: 'string', short: 'c' },
      'log-level': { type: 'string', short: 'l', default: 'info' },
      'drain-time-s': { type: 'string', default: '600' },
      'parent-watch': { type: 'boolean', default: false },
      version: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) return 'help'
  if (values.version) return 'version'
  if (values.config === undefined) throw new Error('--config is missing: the file of the bootstrap')
  if (!LEVELS.includes(values['log-level']))
    throw new Error(`--log-level ${JSON.stringify(values['log-level'])} is none of ${LEVELS.join(', ')}`)
  const drainTimeS = Number(values['drain-time-s'])
  if (values['drain-time-s'].trim() === '' || !(drainTimeS >= 0))
    throw new Error(`--drain-time-s ${JSON.stringify(values['drain-time-s'])} is no number of seconds`)
  return {
    configPath: values.config,
    logLevel: values['log-level'],
    drainTimeS,
    parentWatch: values['parent-watch'],
  }
}
