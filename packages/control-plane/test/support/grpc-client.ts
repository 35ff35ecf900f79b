import { codec, GRPC_METHODS, type GrpcMethod, type IstioCertificateRequest } from '@batten/xds'
import {
  type ChannelCredentials,
  Client,
  type ClientDuplexStream,
  credentials,
  Metadata,
  type ServiceError,
} from '@grpc/grpc-js'

const same = (bytes: Buffer) => bytes
const certificateRequests = codec('istio.v1.auth.IstioCertificateRequest')
const certificateResponses = codec('istio.v1.auth.IstioCertificateResponse')

/** A raw xDS stream to a real server: frames in, frames out. */
export class GrpcStream {
  readonly frames: Buffer[] = []
  readonly ended: Promise<{ code: number; details: string }>
  onFrame: (frame: Buffer) => void = (frame) => void this.frames.push(frame)
  readonly #client: Client
  readonly #call: ClientDuplexStream<Buffer, Buffer>

  constructor(
    address: string,
    options: { method?: GrpcMethod; credentials?: ChannelCredentials; token?: string } = {},
  ) {
    this.#client = openClient(address, options.credentials)
    const method = options.method ?? GRPC_METHODS.deltaAggregatedResources
    this.#call = this.#client.makeBidiStreamRequest(method.path, same, same, tokenMetadata(options.token))
    this.#call.on('data', (frame: Buffer) => this.onFrame(frame))
    this.ended = new Promise((resolve) => {
      this.#call.on('status', ({ code, details }) => resolve({ code, details }))
    })
    this.#call.on('error', () => {})
  }

  send(frame: Buffer): void {
    this.#call.write(frame)
  }

  /** Stops reading: the peer's messages pile up. */
  pause(): void {
    this.#call.pause()
  }

  resume(): void {
    this.#call.resume()
  }

  close(): void {
    this.#call.cancel()
    this.#client.close()
  }
}

/** Calls Istio's `CreateCertificate`. Rejects with grpc-js's error. */
export async function createCertificate(
  address: string,
  request: IstioCertificateRequest,
  options: { credentials?: ChannelCredentials; token?: string } = {},
): Promise<string[]> {
  const client = openClient(address, options.credentials)
  try {
    const bytes = await new Promise<Buffer>((resolve, reject) => {
      client.makeUnaryRequest(
        GRPC_METHODS.createCertificate.path,
        same,
        same,
        Buffer.from(certificateRequests.encode(request)),
        tokenMetadata(options.token),
        (error: ServiceError | null, value?: Buffer) => (error === null ? resolve(value!) : reject(error)),
      )
    })
    return certificateResponses.decode(bytes).certChain ?? []
  } finally {
    client.close()
  }
}

function openClient(address: string, channel = credentials.createInsecure()): Client {
  return new Client(address, channel, {
    'grpc.use_local_subchannel_pool': 1,
    'grpc.enable_retries': 0,
    'grpc.max_receive_message_length': -1,
  })
}

function tokenMetadata(token: string | undefined): Metadata {
  const metadata = new Metadata()
  if (token !== undefined) metadata.set('authorization', `Bearer ${token}`)
  return metadata
}
