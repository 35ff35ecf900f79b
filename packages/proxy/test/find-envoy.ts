import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'

/** A stock Envoy on this machine: `BATTEN_ENVOY`, or `envoy` on the PATH; undefined when there is none. */
export function findEnvoy(): string | undefined {
  const named = process.env['BATTEN_ENVOY'] ?? ''
  if (named !== '') return existsSync(named) ? named : undefined
  try {
    const path = execFileSync('which', ['envoy'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim()
    return path === '' ? undefined : path
  } catch {
    return undefined
  }
}
