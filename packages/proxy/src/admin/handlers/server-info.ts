import { messageToJson } from '@batten/xds'
import { proxyVersion } from '../../bootstrap/node-metadata.ts'
import { type AdminHandler, jsonResponse } from '../handler.ts'

export const serverInfo: AdminHandler = {
  path: '/server_info',
  method: 'GET',
  help: 'print server version/status information',
  handle(_request, context) {
    const seconds = Math.floor((context.clock.now() - context.startedMs) / 1000)
    const uptime = `${seconds}s`
    return jsonResponse({
      version: `batten/${proxyVersion()}/node-${process.versions.node}`,
      state: context.state(),
      uptime_current_epoch: uptime,
      uptime_all_epochs: uptime,
      command_line_options: context.options,
      node: messageToJson('envoy.config.core.v3.Node', context.node, { snakeCase: true }),
    })
  },
}
