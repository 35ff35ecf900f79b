import type { ListenAddress } from '../../listener/listener-config.ts'
import { type AdminHandler, jsonResponse } from '../handler.ts'

export const listeners: AdminHandler = {
  path: '/listeners',
  method: 'GET',
  help: 'print listener info',
  parameters: { format: 'File format to use; One of (text, json)' },
  handle({ query }, context) {
    const list = [...context.listeners()].sort((a, b) => (a.name < b.name ? -1 : 1))
    if (query.get('format') === 'json')
      return jsonResponse({
        listener_statuses: list.map(({ name, addresses: [first, ...others] }) => ({
          name,
          ...(first === undefined ? {} : { local_address: addressJson(first) }),
          ...(others.length === 0 ? {} : { additional_local_addresses: others.map(addressJson) }),
        })),
      })
    return {
      body: list
        .flatMap(({ name, addresses }) => addresses.map((address) => `${name}::${addressText(address)}\n`))
        .join(''),
    }
  },
}

function addressText(address: ListenAddress): string {
  if ('path' in address) return address.path
  return address.host.includes(':') ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`
}

function addressJson(address: ListenAddress): unknown {
  if ('path' in address) return { pipe: { path: address.path } }
  return { socket_address: { address: address.host, port_value: address.port } }
}
