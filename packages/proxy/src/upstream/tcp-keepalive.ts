import type { Socket } from 'node:net'

/** `TcpKeepalive` of a cluster: undefined leaves a value to the system. */
export interface TcpKeepalive {
  /** Probes without an answer before the connection is given up. */
  readonly probes: number | undefined
  /** Seconds of silence before the first probe. */
  readonly timeS: number | undefined
  /** Seconds between probes. */
  readonly intervalS: number | undefined
}

/** The defaults of Linux, for what is not said beside something that is. */
const DEFAULT_TIME_S = 7200
const DEFAULT_INTERVAL_S = 75
const DEFAULT_PROBES = 9
/** What Linux takes at most. */
const MAX_SECONDS = 32_767
const MAX_PROBES = 127

/**
 * Turns the keepalive of a connected socket on. Unix domain sockets have none.
 *
 * Differs from Envoy: Node sets all three values or none, so what is left out beside a value that is set is the default
 * of Linux (7200 s, 75 s, 9 probes), whatever the sysctls of the machine say; 0 counts as left out, and more than Linux
 * takes as the most. Before Node 24.19 only the time can be set: ten probes then follow it, a second apart.
 *
 * @see https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/core/v3/address.proto#config-core-v3-tcpkeepalive
 */
export function keepAlive(socket: Pick<Socket, 'setKeepAlive'>, keepalive: TcpKeepalive): void {
  const { probes, timeS, intervalS } = keepalive
  if (!probes && !timeS && !intervalS) {
    socket.setKeepAlive(true)
    return
  }
  socket.setKeepAlive(
    true,
    Math.min(timeS || DEFAULT_TIME_S, MAX_SECONDS) * 1000,
    Math.min(intervalS || DEFAULT_INTERVAL_S, MAX_SECONDS) * 1000,
    Math.min(probes || DEFAULT_PROBES, MAX_PROBES),
  )
}
