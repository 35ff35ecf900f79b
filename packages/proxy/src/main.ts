import { BattenError, createLogger, type LogLevel, type RootLogger } from '@batten/core'
import { identityFromEnvironment } from './identity/identity-options.ts'
import type { ProxyOptions } from './options.ts'
import { createProxy } from './server/proxy-server.ts'

/** What `batten proxy` is started with; names follow Envoy's and Istio's flags. */
export interface RunProxyOptions {
  /** `-c`: the bootstrap file. */
  readonly configPath?: string | undefined
  /** `--config-yaml`: bootstrap text that is merged over the file. */
  readonly configYaml?: string | undefined
  /** Level, or levels by scope: `default:info,xds:debug`. Default: `info`. */
  readonly logLevel?: LogLevel | (string & {})
  /** Readable lines in place of JSON. Default: false. */
  readonly logPretty?: boolean
  readonly serviceNode?: string | undefined
  readonly serviceCluster?: string | undefined
  /** How long connections of replaced or removed listeners may stay, seconds. Default: 600. */
  readonly drainTimeS?: number
  /**
   * After SIGTERM: how long new connections are still taken while all are asked to end, so that nobody is refused
   * while the others learn of the end. Seconds. Default: `TERMINATION_DRAIN_DURATION_SECONDS`, or 5 as in Istio.
   */
  readonly terminationDrainS?: number
  /** End when the process that started this one is gone: its IPC channel, or else stdin, is closed. Default: false. */
  readonly parentWatch?: boolean
  /** Default: `process.env`; says where the workload's identity comes from. */
  readonly environment?: Readonly<Record<string, string | undefined>>
  readonly extensions?: ProxyOptions['extensions']
}

type RunningProxy = ReturnType<typeof createProxy>

/** Requests that are under way when accepting ends get this long. */
const LINGER_MS = 30_000

/**
 * Runs one proxy until it is told to end: SIGTERM drains first, SIGINT and `/quitquitquit` end at once, and so does a
 * second signal.
 *
 * @returns the exit code of the process: 0, or 1 when it could not start (the reason is on stderr)
 * @example process.exitCode = await runProxy({ configPath: 'bootstrap.yaml' })
 */
export async function runProxy(options: RunProxyOptions): Promise<number> {
  const log = createLogger({ level: options.logLevel ?? 'info', pretty: options.logPretty ?? false })
  let proxy: RunningProxy
  try {
    proxy = createProxy(proxyOptions(options, log))
    await proxy.start()
  } catch (thrown) {
    log.flush()
    process.stderr.write(`${BattenError.from(thrown)}\n`)
    return 1
  }
  log.info('proxy started', { admin: proxy.adminAddress, state: proxy.state })
  const end = await endRequested(proxy, options.parentWatch ?? false)
  log.info('ending', { because: end.reason })
  if (end.drains) {
    const graceMs =
      1000 * (options.terminationDrainS ?? terminationDrainS(options.environment ?? process.env))
    await Promise.race([proxy.drain({ graceMs, timeMs: LINGER_MS }), end.interrupted])
  }
  await proxy.close()
  end.release()
  log.flush()
  return 0
}

function proxyOptions(options: RunProxyOptions, log: RootLogger): ProxyOptions {
  const { configPath, configYaml, serviceNode, serviceCluster, drainTimeS, extensions } = options
  const identity = identityFromEnvironment(options.environment ?? process.env)
  return {
    bootstrap: { path: configPath, yaml: configYaml },
    ...(serviceNode === undefined ? {} : { serviceNode }),
    ...(serviceCluster === undefined ? {} : { serviceCluster }),
    ...(drainTimeS === undefined ? {} : { drainTimeMs: drainTimeS * 1000 }),
    ...(identity === undefined ? {} : { identity }),
    ...(extensions === undefined ? {} : { extensions }),
    log,
    commandLine: {
      config_path: configPath ?? '',
      config_yaml: configYaml ?? '',
      log_level: options.logLevel ?? 'info',
      service_cluster: serviceCluster ?? '',
      service_node: serviceNode ?? '',
      drain_time: `${drainTimeS ?? 600}s`,
      mode: 'Serve',
      concurrency: 1,
    },
  }
}

function terminationDrainS(environment: Readonly<Record<string, string | undefined>>): number {
  const text = environment['TERMINATION_DRAIN_DURATION_SECONDS'] ?? ''
  const seconds = Number(text)
  return text === '' || !Number.isFinite(seconds) || seconds < 0 ? 5 : seconds
}

interface EndRequest {
  readonly reason: string
  /** Whether connections get time to end. */
  readonly drains: boolean
  /** Resolves with another signal: enough waited. */
  readonly interrupted: Promise<void>
  /** Takes the listeners off the process. */
  release(): void
}

function endRequested(proxy: RunningProxy, parentWatch: boolean): Promise<EndRequest> {
  const first = Promise.withResolvers<EndRequest>()
  const second = Promise.withResolvers<void>()
  let requested = false
  const request = (reason: string, drains: boolean) => {
    if (requested) {
      second.resolve()
      return
    }
    requested = true
    first.resolve({ reason, drains, interrupted: second.promise, release })
  }
  const onTerm = () => request('SIGTERM', true)
  const onInt = () => request('SIGINT', false)
  // What tools that rotate logs send.
  const onUsr1 = () => proxy.reopenLogs()
  const onParent = () => request('the process that started this one is gone', false)
  process.on('SIGTERM', onTerm)
  process.on('SIGINT', onInt)
  process.on('SIGUSR1', onUsr1)
  proxy.quitRequested.then(() => request('/quitquitquit', false))
  if (parentWatch) {
    if (process.channel !== undefined && process.channel !== null) process.once('disconnect', onParent)
    else {
      process.stdin.once('end', onParent).once('close', onParent).once('error', onParent)
      process.stdin.resume()
    }
  }
  function release(): void {
    process.off('SIGTERM', onTerm)
    process.off('SIGINT', onInt)
    process.off('SIGUSR1', onUsr1)
    process.off('disconnect', onParent)
    if (parentWatch && process.channel === undefined) process.stdin.destroy()
    // An IPC channel that listeners were added to keeps the process alive.
    if (parentWatch) process.channel?.unref()
  }
  return first.promise
}
