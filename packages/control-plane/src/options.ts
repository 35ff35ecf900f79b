import { LOG_LEVELS, parseDurationMs } from '@batten/core'
import { controlPlaneError } from './errors.ts'

/** Settings of a control plane process, from environment variables; flags of the command line go over them. */
export interface ControlPlaneSettings {
  /** Files and folders of YAML. */
  readonly configPaths: readonly string[]
  /** Where keys are kept across restarts; in memory when undefined. */
  readonly stateDirectory: string | undefined
  /** A certificate authority from outside: `ca-cert.pem`, `ca-key.pem`, `cert-chain.pem`, `root-cert.pem`. */
  readonly pluggedInCaDirectory: string | undefined
  readonly host: string
  /** Plaintext xDS; 0 is any free port. */
  readonly xdsPort: number
  /** xDS and CA over TLS. */
  readonly tlsPort: number
  readonly debugPort: number
  /** Address of the debug pages; loopback unless set. */
  readonly debugHost: string
  readonly trustDomain: string
  /** An OIDC issuer whose service account tokens are accepted, as in Istio's `JWT_RULE`. */
  readonly jwtRule: JwtRule | undefined
  readonly workloadCertTtlMs: number
  readonly maxWorkloadCertTtlMs: number
  readonly rootCertTtlMs: number
  readonly maxReceiveBytes: number
  readonly maxStreamAgeMs: number
  readonly streamsPerSecond: number
  readonly logLevel: string
}

/** Istio's `JWT_RULE`: `{"issuer": "...", "jwks_uri": "...", "audiences": ["istio-ca"]}`. */
export interface JwtRule {
  readonly issuer: string
  readonly jwksUri: string
  readonly audiences: readonly string[]
}

interface Setting<T> {
  /** Environment variable; Istio's where Istio has one. */
  readonly env: string
  readonly help: string
  readonly fallback: T
  parse(text: string): T
}

const HOUR = 3_600_000

const text = (value: string) => value
const optionalText = (value: string): string | undefined => (value === '' ? undefined : value)

function duration(value: string): number {
  const ms = parseDurationMs(value)
  if (ms === undefined || ms <= 0) throw new RangeError(`"${value}" is no duration like 30m or 24h`)
  return ms
}

function integer(min: number, max: number) {
  return (value: string) => {
    const number = Number(value)
    if (!Number.isInteger(number) || number < min || number > max)
      throw new RangeError(`"${value}" is no whole number from ${min} to ${max}`)
    return number
  }
}

function jwtRule(value: string): JwtRule | undefined {
  if (value === '') return undefined
  const rule = JSON.parse(value) as { issuer?: unknown; jwks_uri?: unknown; audiences?: unknown }
  if (typeof rule.issuer !== 'string' || typeof rule.jwks_uri !== 'string' || !URL.canParse(rule.jwks_uri))
    throw new RangeError('it needs "issuer" and an address as "jwks_uri"')
  const audiences = Array.isArray(rule.audiences) ? rule.audiences.map(String) : ['istio-ca']
  return { issuer: rule.issuer, jwksUri: rule.jwks_uri, audiences }
}

function logLevel(value: string): string {
  for (const part of value.split(',')) {
    const level = part.slice(part.lastIndexOf(':') + 1).trim()
    if (!(LOG_LEVELS as readonly string[]).includes(level))
      throw new RangeError(`"${level}" is no log level; use one of ${LOG_LEVELS.join(', ')}`)
  }
  return value
}

const SETTINGS: { readonly [K in keyof ControlPlaneSettings]: Setting<ControlPlaneSettings[K]> } = {
  configPaths: {
    env: 'BATTEN_CONFIG_PATHS',
    help: 'Files and folders of YAML, separated by commas',
    fallback: [],
    parse: (value) => value.split(',').filter((path) => path !== ''),
  },
  stateDirectory: {
    env: 'BATTEN_STATE_DIR',
    help: 'Where keys are kept across restarts',
    fallback: undefined,
    parse: optionalText,
  },
  pluggedInCaDirectory: {
    env: 'ROOT_CA_DIR',
    help: 'Folder with a certificate authority from outside',
    fallback: undefined,
    parse: optionalText,
  },
  host: { env: 'BATTEN_HOST', help: 'Address to listen on', fallback: '127.0.0.1', parse: text },
  xdsPort: { env: 'BATTEN_XDS_PORT', help: 'Plaintext xDS', fallback: 15010, parse: integer(0, 65_535) },
  tlsPort: {
    env: 'BATTEN_TLS_PORT',
    help: 'xDS and certificate authority over TLS',
    fallback: 15012,
    parse: integer(0, 65_535),
  },
  debugPort: {
    env: 'BATTEN_DEBUG_PORT',
    help: 'Debug pages, metrics and readiness',
    fallback: 15014,
    parse: integer(0, 65_535),
  },
  debugHost: {
    env: 'BATTEN_DEBUG_HOST',
    help: 'Address of the debug pages, which show the whole configuration',
    fallback: '127.0.0.1',
    parse: text,
  },
  trustDomain: {
    env: 'TRUST_DOMAIN',
    help: 'Trust domain of identities',
    fallback: 'cluster.local',
    parse: text,
  },
  jwtRule: {
    env: 'JWT_RULE',
    help: 'OIDC issuer whose tokens are accepted: {"issuer", "jwks_uri", "audiences"}',
    fallback: undefined,
    parse: jwtRule,
  },
  workloadCertTtlMs: {
    env: 'DEFAULT_WORKLOAD_CERT_TTL',
    help: 'Lifetime of workload certificates',
    fallback: 24 * HOUR,
    parse: duration,
  },
  maxWorkloadCertTtlMs: {
    env: 'MAX_WORKLOAD_CERT_TTL',
    help: 'Longest lifetime that a workload may ask for',
    fallback: 90 * 24 * HOUR,
    parse: duration,
  },
  rootCertTtlMs: {
    env: 'CITADEL_SELF_SIGNED_CA_CERT_TTL',
    help: 'Lifetime of a self-signed root',
    fallback: 3650 * 24 * HOUR,
    parse: duration,
  },
  maxReceiveBytes: {
    env: 'ISTIO_GPRC_MAXRECVMSGSIZE',
    help: 'Largest message that is received, bytes',
    fallback: 4 * 1024 * 1024,
    parse: integer(1024, 1024 * 1024 * 1024),
  },
  maxStreamAgeMs: {
    env: 'BATTEN_MAX_STREAM_AGE',
    help: 'When xDS streams are ended, to spread load',
    fallback: HOUR / 2,
    parse: duration,
  },
  streamsPerSecond: {
    env: 'PILOT_MAX_REQUESTS_PER_SECOND',
    help: 'New xDS streams a second',
    fallback: 500,
    parse: integer(1, 1_000_000),
  },
  logLevel: {
    env: 'BATTEN_LOG_LEVEL',
    help: 'What is logged to stderr: level, or scope:level,...',
    fallback: 'info',
    parse: logLevel,
  },
}

/**
 * Reads the settings from environment variables; `overrides` (flags) go over them.
 *
 * @throws BattenError `OPTION_INVALID` naming the variable
 */
export function readSettings(
  env: Readonly<Record<string, string | undefined>>,
  overrides: Partial<ControlPlaneSettings> = {},
): ControlPlaneSettings {
  const settings: Record<string, unknown> = {}
  for (const [name, setting] of Object.entries(SETTINGS)) {
    const override = overrides[name as keyof ControlPlaneSettings]
    settings[name] = override ?? fromEnvironment(setting, env[setting.env])
  }
  return settings as unknown as ControlPlaneSettings
}

/** One line a setting: variable, value in force, meaning. */
export function printSettings(settings: ControlPlaneSettings): string {
  const rows = Object.entries(SETTINGS).map(([name, { env, help }]) => {
    const value = settings[name as keyof ControlPlaneSettings]
    return [env, typeof value === 'string' ? value : (JSON.stringify(value) ?? ''), help] as const
  })
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]!.length)))
  return rows.map((row) => `${row[0].padEnd(widths[0]!)}  ${row[1].padEnd(widths[1]!)}  ${row[2]}\n`).join('')
}

function fromEnvironment(setting: Setting<unknown>, value: string | undefined): unknown {
  if (value === undefined) return setting.fallback
  try {
    return setting.parse(value)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw controlPlaneError('OPTION_INVALID', {
      message: `the environment variable ${setting.env} cannot be used: ${reason}`,
      hint: setting.help,
      cause: error,
    })
  }
}
