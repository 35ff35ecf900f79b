import type { ConnectError } from '../network/connect.ts'
import type { HostConfig } from './cluster-config.ts'

/** What the system calls its errors, as `strerror` prints them. */
const SYSTEM_ERRORS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'Connection refused',
  ECONNRESET: 'Connection reset by peer',
  ETIMEDOUT: 'Connection timed out',
  EHOSTUNREACH: 'No route to host',
  ENETUNREACH: 'Network is unreachable',
  EADDRNOTAVAIL: 'Cannot assign requested address',
  ENOENT: 'No such file or directory',
  EACCES: 'Permission denied',
}

/** Why a connection failed, in Envoy's words where it has some; empty when it only took too long. */
export function connectFailureText(error: ConnectError, target: HostConfig['address']): string {
  if (error.reason === 'timeout') return ''
  const code = (error.cause as NodeJS.ErrnoException | undefined)?.code
  const text = error.reason === 'refused' && code !== undefined ? SYSTEM_ERRORS[code] : undefined
  if (text === undefined) return error.transportFailure ?? error.message
  // The socket of a path says at once whether somebody listens.
  return 'path' in target
    ? `immediate connect error: ${text}|remote address:${target.path}`
    : `delayed connect error: ${text}`
}
