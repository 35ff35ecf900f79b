import { isIP } from 'node:net'
import { networkInterfaces } from 'node:os'
import { stripPort } from '@batten/core'
import type { Connection } from '../network/connection.ts'
import { forwardClientCertificate } from './client-certificate.ts'
import type { HttpConnectionManagerConfig } from './connection-manager-config.ts'
import type { RequestHeaderTable } from './header-table.ts'
import { Header, headerMask } from './known-headers.ts'
import { createRequestId } from './request-id.ts'

const HOP_BY_HOP = headerMask(
  Header.connection,
  Header.keepAlive,
  Header.proxyConnection,
  Header.transferEncoding,
  Header.te,
  Header.expect,
)

/** What only an internal caller may say; nobody is internal unless configuration says so, as in Envoy 1.40. */
const INTERNAL_IDS = [
  Header.envoyRetriableStatusCodes,
  Header.envoyRetriableHeaderNames,
  Header.envoyRetryOn,
  Header.envoyRetryGrpcOn,
  Header.envoyMaxRetries,
  Header.envoyUpstreamAltStatName,
  Header.envoyUpstreamRqTimeoutMs,
  Header.envoyUpstreamRqPerTryTimeoutMs,
  Header.envoyUpstreamRqTimeoutAltResponse,
  Header.envoyExpectedRqTimeoutMs,
  Header.envoyForceTrace,
  Header.envoyIpTags,
  Header.envoyOriginalUrl,
  Header.envoyHedgeOnPerTryTimeout,
  Header.envoyInternal,
] as const
const INTERNAL = headerMask(...INTERNAL_IDS)

/** What a client at the edge must not say. */
const EDGE_IDS = [
  Header.envoyDecoratorOperation,
  Header.envoyDownstreamServiceCluster,
  Header.envoyDownstreamServiceNode,
  Header.envoyOriginalPath,
  Header.envoyOriginalHost,
] as const
const EDGE = headerMask(...EDGE_IDS)

/** The parts of a connection that every request of it needs. */
export interface Peer {
  readonly connection: Connection
  /** Address of the peer, without port. */
  readonly ip: string
  readonly isTls: boolean
}

/**
 * Makes the headers of a request trustworthy before anything looks at them: removes what must not come from outside,
 * adds what the proxy vouches for. Returns the address that the request is taken to come from:
 * `ip:port` of the peer, or what `x-forwarded-for` says, with port 0.
 *
 * @see https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_conn_man/header_sanitizing
 */
export function sanitizeRequest(
  headers: RequestHeaderTable,
  peer: Peer,
  config: HttpConnectionManagerConfig,
): string {
  const isEdge = config.useRemoteAddress
  const remoteAddress = forwardedFor(headers, peer, config)
  const proto = peer.isTls ? 'https' : 'http'
  if ((isEdge && config.xffTrustedHops === 0) || !headers.hasId(Header.forwardedProto))
    headers.setId(Header.forwardedProto, proto)
  const forwardedProto = headers.getId(Header.forwardedProto)!
  headers.scheme = forwardedProto === 'https' || forwardedProto === 'http' ? forwardedProto : proto
  if (headers.hasAny(INTERNAL)) for (const id of INTERNAL_IDS) headers.removeId(id)
  if (isEdge) {
    if (headers.hasAny(EDGE)) for (const id of EDGE_IDS) headers.removeId(id)
    headers.setId(Header.envoyExternalAddress, stripPort(remoteAddress).replace(/^\[|\]$/g, ''))
  }
  if (config.generateRequestId) {
    const replaces = isEdge && !config.preserveExternalRequestId
    if (replaces || !headers.hasId(Header.requestId)) headers.setId(Header.requestId, createRequestId())
  }
  if (peer.isTls || headers.hasId(Header.forwardedClientCert))
    forwardClientCertificate(headers, peer.connection, config.forwardClientCert)
  if (config.via !== '') {
    const via = headers.getAll('via')
    headers.setId(Header.via, [...via, config.via].join(', '))
  }
  return remoteAddress
}

/** Fields that `connection` must not name: a client could have the proxy's own statements removed. */
const NOT_NOMINATED = new Set(['host', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto'])

/**
 * Removes the fields of this hop, and those that `connection` names; `te: trailers` may stay. False when `connection`
 * names what it must not.
 */
export function removeHopByHop(headers: RequestHeaderTable): boolean {
  if (!headers.hasAny(HOP_BY_HOP)) return true
  const te = headers.getId(Header.te)
  for (const value of headers.getAll('connection'))
    for (const token of value.split(',')) {
      const name = token.trim().toLowerCase()
      if (name.startsWith(':') || NOT_NOMINATED.has(name)) return false
      if (name !== '' && name !== 'close' && name !== 'keep-alive' && name !== 'upgrade') headers.remove(name)
    }
  headers.removeId(Header.connection)
  headers.removeId(Header.keepAlive)
  headers.removeId(Header.proxyConnection)
  headers.removeId(Header.transferEncoding)
  // What the proxy did not meet itself is for the host.
  if (headers.getId(Header.expect)?.toLowerCase() === '100-continue') headers.removeId(Header.expect)
  headers.removeId(Header.te)
  if (te?.split(',').some((coding) => coding.trim() === 'trailers')) headers.setId(Header.te, 'trailers')
  return true
}

function forwardedFor(headers: RequestHeaderTable, peer: Peer, config: HttpConnectionManagerConfig): string {
  const { xffTrustedHops: hops } = config
  if (!config.useRemoteAddress) return trustedAddress(headers, hops) ?? peer.connection.remoteAddress
  const trusted = hops > 0 ? trustedAddress(headers, hops - 1) : undefined
  if (!config.skipXffAppend) {
    const ip = peer.ip === '127.0.0.1' ? ownAddress() : peer.ip
    const before = headers.hasId(Header.forwardedFor) ? headers.getAll('x-forwarded-for').join(',') : ''
    headers.setId(Header.forwardedFor, before === '' ? ip : `${before},${ip}`)
  }
  return trusted ?? peer.connection.remoteAddress
}

/** The address `hops` from the end of `x-forwarded-for`, with port 0; undefined when there is none. */
function trustedAddress(headers: RequestHeaderTable, hops: number): string | undefined {
  if (!headers.hasId(Header.forwardedFor)) return undefined
  const addresses = headers.getAll('x-forwarded-for').join(',').split(',')
  const address = addresses.at(-1 - hops)?.trim()
  if (address === undefined || isIP(address) === 0) return undefined
  return address.includes(':') ? `[${address}]:0` : `${address}:0`
}

let ownIp: string | undefined

/** As Envoy, a loopback peer is given the address of this host: 127.0.0.1 would mean nothing to the next hop. */
function ownAddress(): string {
  if (ownIp === undefined) {
    const all = Object.values(networkInterfaces()).flatMap((list) => list ?? [])
    ownIp = all.find((entry) => entry.family === 'IPv4' && !entry.internal)?.address ?? '127.0.0.1'
  }
  return ownIp
}
