import type { ResponseFlag } from '../../response-flags.ts'
import type { UpstreamReset } from '../codec/stream-codec.ts'
import { type LocalReply, reply } from '../filter.ts'

const FLAGS: Readonly<Record<UpstreamReset, ResponseFlag>> = {
  connection_termination: 'UC',
  local_connection_failure: 'UF',
  remote_connection_failure: 'UF',
  connection_timeout: 'UF',
  overflow: 'UO',
  protocol_error: 'UPE',
  remote_reset: 'UR',
  local_reset: 'LR',
}

/** Response flag of an exchange that ended before its time. */
export function resetFlag(reason: UpstreamReset): ResponseFlag {
  return FLAGS[reason]
}

/**
 * Why the transport of an upstream connection failed, for the log. That the system or an alert of TLS cut a connection
 * which stood says the reason of the reset already.
 */
export function transportFailure(message: string): string {
  return /^(?:(?:read|write) E[A-Z]+$|[0-9A-F]+:error:)/.test(message) ? '' : message
}

/** `{connection_termination}` or `{remote_connection_failure|why}`: the end of response code details. */
export function resetDetails(reason: UpstreamReset, transportFailure: string): string {
  return transportFailure === '' ? `{${reason}}` : `{${reason}|${transportFailure.replace(/\s/g, '_')}}`
}

/**
 * What the client gets when no response came from upstream. The reason of the transport is for the log only.
 *
 * @param hasRetried - whether more than one host, or one more than once, was tried
 */
export function resetReply(reason: UpstreamReset, transportFailure: string, hasRetried: boolean): LocalReply {
  const retried = hasRetried ? 'retried and the latest ' : ''
  return reply(
    reason === 'protocol_error' ? 502 : 503,
    `upstream connect error or disconnect/reset before headers. ${retried}reset reason: ${reason.replaceAll('_', ' ')}`,
    {
      details: `upstream_reset_before_response_started${resetDetails(reason, transportFailure)}`,
      flag: resetFlag(reason),
      headers: reason === 'overflow' ? [['x-envoy-overloaded', 'true']] : [],
    },
  )
}

export const UPSTREAM_TIMEOUT: LocalReply = reply(504, 'upstream request timeout', {
  details: 'response_timeout',
  flag: 'UT',
})

export const PER_TRY_TIMEOUT: LocalReply = reply(504, 'upstream request timeout', {
  details: 'upstream_per_try_timeout',
  flag: 'UT',
})

export const NO_HEALTHY_UPSTREAM: LocalReply = reply(503, 'no healthy upstream', {
  details: 'no_healthy_upstream',
  flag: 'UH',
})
