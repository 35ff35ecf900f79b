import { isIP } from 'node:net'
import type { Address, CidrRange, SocketAddress } from '@batten/xds'
import type { FieldPath } from './field-path.ts'
import { MessageReader } from './message-reader.ts'

export type CompiledAddress = CompiledSocketAddress | { readonly path: string }

interface CompiledSocketAddress {
  readonly host: string
  readonly port: number
  /** `::` takes IPv4 connections as well. */
  readonly ipv4Compat?: true
}

/** `Address` -> an IP (or, where `allowNames`, a DNS name) with a port, or the path of a Unix socket. */
export function compileAddress(
  message: Address | undefined,
  at: FieldPath,
  options: { allowNames?: boolean } = {},
): CompiledAddress {
  if (message === undefined) throw at.invalid('an address is required')
  const address = new MessageReader(message, 'Address', at)
  const pipe = address.nested('pipe', 'Pipe')
  const socket = address.nested('socketAddress', 'SocketAddress')
  address.done()
  if (pipe !== undefined) {
    const path = pipe.requiredText('path')
    if (path.startsWith('@')) throw pipe.path('path').unsupported('abstract sockets are not supported yet')
    pipe.done()
    return { path }
  }
  if (socket === undefined) throw at.invalid('either socket_address or pipe is required')
  return compileSocketAddress(socket, options.allowNames ?? false)
}

export function compileSocketAddress(
  socket: MessageReader<SocketAddress>,
  allowNames: boolean,
): CompiledSocketAddress {
  socket.choice('protocol', ['TCP'], 'TCP')
  const host = socket.requiredText('address')
  if (!allowNames && isIP(host) === 0)
    throw socket
      .path('address')
      .invalid(
        `${JSON.stringify(host)} is no IP address`,
        'a cluster of type STRICT_DNS or LOGICAL_DNS resolves names',
      )
  const port = socket.number('portValue') ?? 0
  if (port > 65535) throw socket.path('portValue').invalid(`${port} is no port`)
  const ipv4Compat = socket.flag('ipv4Compat')
  socket.done()
  return ipv4Compat ? { host, port, ipv4Compat } : { host, port }
}

/** `127.0.0.1:80`, `[::1]:80`, or `pipe:/path`: the key of a host. */
export function addressKey(address: CompiledAddress): string {
  if ('path' in address) return `pipe:${address.path}`
  return address.host.includes(':') ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`
}

/** `CidrRange` list -> `10.0.0.0/8` texts. */
export function compileCidrRanges(ranges: readonly MessageReader<CidrRange>[]): string[] {
  return ranges.map((range) => {
    const prefix = range.requiredText('addressPrefix')
    const version = isIP(prefix)
    if (version === 0) throw range.path('addressPrefix').invalid(`${JSON.stringify(prefix)} is no IP address`)
    const length = range.number('prefixLen') ?? 0
    if (length > (version === 4 ? 32 : 128))
      throw range.path('prefixLen').invalid(`${length} is too long for ${prefix}`)
    range.done()
    return `${prefix}/${length}`
  })
}
