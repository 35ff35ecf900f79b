import { readFile } from 'node:fs/promises'
import { BattenError, errorMessage } from '@batten/core'
import { asBuffer, codec, GRPC_METHODS, jsonToStruct } from '@batten/xds'
import type { ChannelCredentials, Client, ServiceError } from '@grpc/grpc-js'
import { grpcLibrary } from '../xds/grpc-library.ts'
import { readToken } from './token.ts'

/** How the CA is reached. */
export type CaTransport =
  | { readonly kind: 'tls'; readonly rootFile: string; readonly serverName?: string | undefined }
  /** For development: whoever listens on the way gets the token. */
  | { readonly kind: 'plaintext' }

export interface CaClientOptions {
  /** `istiod.istio-system.svc:15012`, or `unix:/path`. */
  readonly address: string
  readonly transport: CaTransport
  readonly tokenFile: string
  /** Name of the Kubernetes cluster that issued the token: `Kubernetes` where there is one. */
  readonly clusterId: string
  /** More that the CA is told: `WorkloadName`, `CertSigner`. */
  readonly metadata?: Readonly<Record<string, string>>
  /** For one call. Default: 10 s. */
  readonly timeoutMs?: number
}

/** What a CA answers: certificates in PEM. */
export interface SignedChain {
  /** Leaf and intermediates. */
  readonly certificateChain: string
  /** One or more roots. */
  readonly roots: string
}

/** Signs certificate requests. */
export interface CertificateAuthorityClient {
  /** @throws BattenError PROXY_CA_UNAVAILABLE, PROXY_CA_REFUSED, PROXY_CA_BAD_ANSWER or PROXY_TOKEN_UNREADABLE */
  sign(csr: string, ttlMs: number, signal?: AbortSignal): Promise<SignedChain>
}

const requests = codec('istio.v1.auth.IstioCertificateRequest')
const responses = codec('istio.v1.auth.IstioCertificateResponse')

/** A chain with a few intermediates and roots. */
const MAX_ANSWER_BYTES = 1024 * 1024

/**
 * A client of Istio's CA. Token, root file and connection are made anew for each call: there are two calls a day, and
 * all three may have changed in between.
 *
 * @see https://istio.io/latest/docs/concepts/security/#pki
 */
export function createCaClient(options: CaClientOptions): CertificateAuthorityClient {
  return {
    async sign(csr, ttlMs, signal) {
      const token = await readToken(options.tokenFile)
      const client = new (grpcLibrary().Client)(
        targetOf(options.address),
        await credentialsOf(options.transport),
        {
          'grpc.max_receive_message_length': MAX_ANSWER_BYTES,
          'grpc.use_local_subchannel_pool': 1,
          'grpc.enable_http_proxy': 0,
          'grpc.service_config_disable_resolution': 1,
          ...(options.transport.kind === 'tls' && options.transport.serverName !== undefined
            ? { 'grpc.ssl_target_name_override': options.transport.serverName }
            : {}),
        },
      )
      try {
        const request = requests.encode({
          csr,
          validityDuration: BigInt(Math.round(ttlMs / 1000)),
          metadata: jsonToStruct({ ClusterID: options.clusterId, ...options.metadata }),
        })
        return parseAnswer(await call(client, asBuffer(request), token, options, signal))
      } finally {
        client.close()
      }
    },
  }
}

function targetOf(address: string): string {
  return /^[a-z]+:[^0-9]/.test(address) ? address : `dns:${address}`
}

async function credentialsOf(transport: CaTransport): Promise<ChannelCredentials> {
  if (transport.kind === 'plaintext') return grpcLibrary().credentials.createInsecure()
  const roots = await readFile(transport.rootFile).catch((thrown: unknown) => {
    throw new BattenError('PROXY_CA_UNAVAILABLE', {
      message: `the root certificate of the CA cannot be read: ${errorMessage(thrown)}`,
      where: transport.rootFile,
      hint: 'mount the config map istio-ca-root-cert there, or name another file with CA_ROOT_CA',
      cause: thrown,
    })
  })
  return grpcLibrary().credentials.createSsl(roots)
}

function call(
  client: Client,
  request: Buffer,
  token: string,
  options: CaClientOptions,
  signal: AbortSignal | undefined,
): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
  const metadata = new (grpcLibrary().Metadata)()
  metadata.set('authorization', `Bearer ${token}`)
  metadata.set('clusterid', options.clusterId)
  const unary = client.makeUnaryRequest(
    GRPC_METHODS.createCertificate.path,
    (bytes: Buffer) => bytes,
    (bytes: Buffer) => bytes,
    request,
    metadata,
    { deadline: new Date(Date.now() + (options.timeoutMs ?? 10_000)) },
    (error, answer) => {
      if (error !== null) reject(callError(error, options.address))
      else resolve(answer!)
    },
  )
  const cancel = () => unary.cancel()
  signal?.addEventListener('abort', cancel, { once: true })
  return promise.finally(() => signal?.removeEventListener('abort', cancel))
}

/** Codes with which asking again does not help. */
const REFUSALS: ReadonlySet<string | undefined> = new Set([
  'UNAUTHENTICATED',
  'PERMISSION_DENIED',
  'INVALID_ARGUMENT',
  'FAILED_PRECONDITION',
])

function callError(error: ServiceError, address: string): BattenError {
  const code = grpcLibrary().status[error.code]
  const isRefused = REFUSALS.has(code)
  return new BattenError(isRefused ? 'PROXY_CA_REFUSED' : 'PROXY_CA_UNAVAILABLE', {
    message: `the CA at ${address} ${isRefused ? 'refuses' : 'does not answer'}: ${code}: ${error.details}`,
    hint: isRefused
      ? 'see whether the token is of this mesh, has the audience istio-ca and is not expired'
      : 'see whether the control plane runs and CA_ADDR is its address',
    cause: error,
  })
}

function parseAnswer(bytes: Buffer): SignedChain {
  const { certChain = [] } = responses.decode(bytes)
  const roots = certChain.at(-1)
  if (roots === undefined || certChain.length < 2)
    throw new BattenError('PROXY_CA_BAD_ANSWER', {
      message: `the CA sent ${certChain.length} certificates; a leaf and a root are needed`,
    })
  const lines = (pem: string) => (pem.endsWith('\n') ? pem : `${pem}\n`)
  return { certificateChain: certChain.slice(0, -1).map(lines).join(''), roots: lines(roots) }
}
