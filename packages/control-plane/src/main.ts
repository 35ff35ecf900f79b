import { createLogger, type Logger } from '@batten/core'
import { loadPluggedInAuthority } from './ca/plugged-in.ts'
import { createSelfSignedAuthority } from './ca/self-signed.ts'
import { JwtAuthenticator } from './ca/tokens.ts'
import { type ControlPlane, type ControlPlaneOptions, createControlPlane } from './control-plane.ts'
import { FileSource } from './ingest/files/file-source.ts'
import type { Finding } from './model/finding.ts'
import { type ControlPlaneSettings, readSettings } from './options.ts'

/** Options of {@link runControlPlane}: flags go over environment variables. */
export interface RunControlPlaneOptions
  extends Partial<ControlPlaneSettings>,
    Pick<ControlPlaneOptions, 'onFindings' | 'onPush' | 'onAck' | 'onSettled'> {
  /** Default: `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Ends the control plane. */
  readonly signal: AbortSignal
  /** Called when proxies are served. */
  readonly onReady?: (controlPlane: ControlPlane) => void
  /** Default: JSON lines to stderr at the level of the settings. */
  readonly log?: Logger
}

/**
 * Runs the control plane of a process: reads its settings, starts, and resolves when the signal has ended it. What
 * `batten control-plane` does.
 *
 * @throws BattenError `OPTION_INVALID`, `SERVER_BIND_FAILED`, `CA_DIRECTORY`
 */
export async function runControlPlane(options: RunControlPlaneOptions): Promise<void> {
  const settings = readSettings(options.env ?? process.env, options)
  const root = options.log === undefined ? createLogger({ scope: '', level: settings.logLevel }) : undefined
  const log = options.log ?? root!
  const ca = createAuthority(settings, log)
  let controlPlane: ControlPlane | undefined
  try {
    controlPlane = await createControlPlane({
      sources: [new FileSource({ paths: settings.configPaths, log: log.child('files') })],
      xdsPort: settings.xdsPort,
      tlsPort: settings.tlsPort,
      debugPort: settings.debugPort,
      host: settings.host,
      debugHost: settings.debugHost,
      trustDomain: settings.trustDomain,
      ca,
      tokens: settings.jwtRule === undefined ? [] : [issuerOf(settings.jwtRule)],
      ...(settings.stateDirectory === undefined ? {} : { stateDirectory: settings.stateDirectory }),
      limits: {
        maxReceiveBytes: settings.maxReceiveBytes,
        maxStreamAgeMs: settings.maxStreamAgeMs,
        streamsPerSecond: settings.streamsPerSecond,
      },
      log,
      onFindings: options.onFindings ?? findingsLogger(log),
      ...pick(options, 'onPush', 'onAck', 'onSettled'),
    })
    log.info('the control plane is ready', {
      xds: controlPlane.xdsAddress,
      tls: controlPlane.tlsAddress,
      debug: controlPlane.debugAddress,
      services: controlPlane.snapshot.services.size,
    })
    options.onReady?.(controlPlane)
    await aborted(options.signal)
  } finally {
    await controlPlane?.close()
    ca.close()
    log.info('the control plane has stopped')
    root?.flush()
  }
}

function createAuthority(settings: ControlPlaneSettings, log: Logger) {
  const { trustDomain, stateDirectory, pluggedInCaDirectory } = settings
  const policy = {
    defaultTtlMs: settings.workloadCertTtlMs,
    maxTtlMs: settings.maxWorkloadCertTtlMs,
  }
  if (pluggedInCaDirectory !== undefined)
    return loadPluggedInAuthority(pluggedInCaDirectory, { trustDomain, policy })
  return createSelfSignedAuthority({
    trustDomain,
    policy,
    rootTtlMs: settings.rootCertTtlMs,
    log: log.child('ca'),
    ...(stateDirectory === undefined ? {} : { directory: stateDirectory }),
  })
}

function issuerOf(rule: NonNullable<ControlPlaneSettings['jwtRule']>): JwtAuthenticator {
  return new JwtAuthenticator({
    issuer: rule.issuer,
    audiences: rule.audiences,
    keys: new URL(rule.jwksUri),
  })
}

/** Logs each finding once, when it appears. */
function findingsLogger(log: Logger): (findings: readonly Finding[]) => void {
  let known = new Set<string>()
  return (findings) => {
    const keys = findings.map((finding) => JSON.stringify(finding))
    for (const [i, { severity, message, ...fields }] of findings.entries()) {
      if (known.has(keys[i]!)) continue
      const level = severity === 'warning' ? 'warn' : severity
      log[level](message, fields)
    }
    known = new Set(keys)
  }
}

function pick<T extends object, K extends keyof T>(from: T, ...keys: readonly K[]): Pick<T, K> {
  const picked = keys.filter((key) => from[key] !== undefined).map((key) => [key, from[key]] as const)
  return Object.fromEntries(picked) as Pick<T, K>
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}
