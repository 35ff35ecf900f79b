import { createServer } from 'node:net'
import { errorMessage } from '@batten/core'
import { Server, type ServerCredentials, type ServerOptions, type ServiceDefinition } from '@grpc/grpc-js'
import { controlPlaneError } from '../errors.ts'

export interface GrpcServerLimits {
  /** Largest message that is received. Default: 4 MiB, Istio's `ISTIO_GPRC_MAXRECVMSGSIZE`. */
  readonly maxReceiveBytes: number
  /** Calls at a time on one connection. Default: 100. */
  readonly maxConcurrentCalls: number
  /** A connection without traffic is asked for a sign of life after this time. Default: 30 s. */
  readonly keepaliveMs: number
  /** Without an answer it is closed after this time. Default: 10 s. */
  readonly keepaliveTimeoutMs: number
}

export const DEFAULT_GRPC_LIMITS: GrpcServerLimits = {
  maxReceiveBytes: 4 * 1024 * 1024,
  maxConcurrentCalls: 100,
  keepaliveMs: 30_000,
  keepaliveTimeoutMs: 10_000,
}

/** One port with its services. */
export class GrpcServer {
  readonly #server: Server
  #port = 0
  readonly #host: string

  constructor(host: string, limits: Partial<GrpcServerLimits> = {}) {
    const merged = { ...DEFAULT_GRPC_LIMITS, ...limits }
    const options: ServerOptions = {
      'grpc.max_receive_message_length': merged.maxReceiveBytes,
      'grpc.max_concurrent_streams': merged.maxConcurrentCalls,
      'grpc.keepalive_time_ms': merged.keepaliveMs,
      'grpc.keepalive_timeout_ms': merged.keepaliveTimeoutMs,
      'grpc.enable_channelz': 0,
    }
    this.#server = new Server(options)
    this.#host = host
  }

  /** `127.0.0.1:15010`, with the port that was really bound. */
  get address(): string {
    return formatAddress(this.#host, this.#port)
  }

  get port(): number {
    return this.#port
  }

  addService(definition: ServiceDefinition, handlers: object): void {
    this.#server.addService(definition, handlers as Parameters<Server['addService']>[1])
  }

  /** @throws BattenError `SERVER_BIND_FAILED` */
  async listen(port: number, credentials: ServerCredentials): Promise<void> {
    const address = formatAddress(this.#host, port)
    try {
      await requireFree(this.#host, port)
      this.#port = await new Promise<number>((resolve, reject) => {
        this.#server.bindAsync(address, credentials, (error, bound) =>
          error === null ? resolve(bound) : reject(error),
        )
      })
    } catch (error) {
      throw controlPlaneError('SERVER_BIND_FAILED', {
        message: `the control plane cannot listen on ${address}: ${errorMessage(error)}`,
        hint: 'another process may own the port; choose another one, or 0 for any that is free',
        cause: error,
      })
    }
  }

  /** Stops taking connections, lets calls that are ending finish for a moment, then cuts. */
  async close(graceMs = 200): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => {
        this.#server.forceShutdown()
        resolve()
      }, graceMs)
      this.#server.tryShutdown(() => {
        clearTimeout(timer)
        resolve()
      })
    })
  }
}

/** grpc-js prints a line of its own, and hides the reason, when it cannot bind; so that is found out before. */
async function requireFree(host: string, port: number): Promise<void> {
  if (port === 0) return
  const server = createServer()
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve))
  await new Promise((resolve) => server.close(resolve))
}

export function formatAddress(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}
