import { once } from 'node:events'
import type { Server, Socket } from 'node:net'

/** A server of any kind, listening on a port of loopback. `close` ends its connections as well. */
export async function listening(
  server: Server,
): Promise<{ readonly port: number; readonly close: () => void }> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => sockets.add(socket.on('error', () => {})))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as { port: number }).port,
    close() {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}
