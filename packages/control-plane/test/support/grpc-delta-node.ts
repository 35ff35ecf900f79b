import type { Node } from '@batten/xds'
import type { ChannelCredentials } from '@grpc/grpc-js'
import { GrpcStream } from './grpc-client.ts'
import { NaiveDeltaClient } from './naive-delta-client.ts'

/** A naive delta client on a real gRPC stream: everything that arrives is applied and acknowledged at once. */
export class GrpcDeltaNode {
  readonly client: NaiveDeltaClient
  stream: GrpcStream
  readonly #address: string
  readonly #options: { credentials?: ChannelCredentials; token?: string }

  constructor(
    address: string,
    node: Node,
    options: { credentials?: ChannelCredentials; token?: string } = {},
  ) {
    this.#address = address
    this.#options = options
    this.client = new NaiveDeltaClient(node)
    this.stream = this.#open()
  }

  subscribe(typeUrl: string, ...names: readonly string[]): void {
    this.client.subscribe(typeUrl, ...names)
    this.flush()
  }

  unsubscribe(typeUrl: string, ...names: readonly string[]): void {
    this.client.unsubscribe(typeUrl, ...names)
    this.flush()
  }

  reconnect(): void {
    this.stream.close()
    this.stream = this.#open()
    this.client.reconnect()
    this.flush()
  }

  /** Sends the requests that the client has made. */
  flush(): void {
    for (const frame of this.client.outgoing.splice(0)) this.stream.send(frame)
  }

  close(): void {
    this.stream.close()
  }

  #open(): GrpcStream {
    const stream = new GrpcStream(this.#address, this.#options)
    stream.onFrame = (frame) => {
      if (stream !== this.stream) return
      this.client.incoming.push(frame)
      this.client.receive()
      this.flush()
    }
    return stream
  }
}
