import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs'
import { promisify } from 'node:util'
import { BattenError, type Clock, errorMessage, systemClock } from '@batten/core'
import { codec, GRPC_METHODS, jsonToStruct } from '@batten/xds'
import { openGrpcChannel } from '../grpc/grpc-channel.ts'
import { GrpcCode, GrpcError, grpcCodeName } from '../grpc/grpc-status.ts'
import { unaryCall } from '../grpc/unary-call.ts'
import { ConnectError } from '../network/connect.ts'
import { type CaEndpoint, caEndpointOf } from './ca-endpoint.ts'
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

/** Without `fs/promises`, which takes half a megabyte. */
const readText = promisify(readFile)

/** A chain with a few intermediates and roots. */
const MAX_ANSWER_BYTES = 1024 * 1024

/**
 * A client of Istio's CA. Token, root file and connection are made anew for each call: there are two calls a day, and
 * all three may have changed in between.
 *
 * @see https://istio.io/latest/docs/concepts/security/#pki
 */
export function createCaClient(
  options: CaClientOptions,
  clock: Clock = systemClock,
): CertificateAuthorityClient {
  return {
    async sign(csr, ttlMs, signal) {
      const token = await readToken(options.tokenFile)
      const roots = options.transport.kind === 'tls' ? await readRoots(options.transport.rootFile) : undefined
      const request = requests.encode({
        csr,
        validityDuration: BigInt(Math.round(ttlMs / 1000)),
        metadata: jsonToStruct({ ClusterID: options.clusterId, ...options.metadata }),
      })
      const endpoint = caEndpointOf(options.address, options.transport, roots, clock)
      try {
        return parseAnswer(await call(endpoint, request, token, options, clock, signal))
      } catch (thrown) {
        throw callError(thrown, options.address)
      } finally {
        endpoint.transports.close()
      }
    },
  }
}

async function readRoots(rootFile: string): Promise<string> {
  try {
    const roots = await readText(rootFile, 'latin1')
    // OpenSSL takes a file without a certificate for one that trusts nobody, and blames the CA.
    new X509Certificate(roots)
    return roots
  } catch (thrown) {
    throw new BattenError('PROXY_CA_UNAVAILABLE', {
      message: `the root certificate of the CA cannot be read: ${errorMessage(thrown)}`,
      where: rootFile,
      hint: 'mount the config map istio-ca-root-cert there, or name another file with CA_ROOT_CA',
      cause: thrown,
    })
  }
}

async function call(
  endpoint: CaEndpoint,
  request: Uint8Array,
  token: string,
  options: CaClientOptions,
  clock: Clock,
  signal: AbortSignal | undefined,
): Promise<Buffer> {
  const timeoutMs = options.timeoutMs ?? 10_000
  const untilMs = clock.monotonicMs() + timeoutMs
  const channelOptions = { clock, connectTimeoutMs: timeoutMs, maxMessageBytes: MAX_ANSWER_BYTES }
  const channel = await openGrpcChannel(endpoint, channelOptions, signal)
  try {
    const metadata = [
      ['authorization', `Bearer ${token}`],
      ['clusterid', options.clusterId],
    ] as const
    const leftMs = Math.max(1, untilMs - clock.monotonicMs())
    const { path } = GRPC_METHODS.createCertificate
    return await unaryCall(channel, path, request, { metadata, timeoutMs: leftMs }, signal)
  } finally {
    channel.close()
  }
}

/** Codes with which asking again does not help. */
const REFUSALS: ReadonlySet<number> = new Set([
  GrpcCode.unauthenticated,
  GrpcCode.permissionDenied,
  GrpcCode.invalidArgument,
  GrpcCode.failedPrecondition,
])

function callError(thrown: unknown, address: string): unknown {
  if (!(thrown instanceof GrpcError) && !(thrown instanceof ConnectError)) return thrown
  const { code, message } =
    thrown instanceof GrpcError ? thrown.status : { code: GrpcCode.unavailable, message: thrown.message }
  const isRefused = REFUSALS.has(code)
  return new BattenError(isRefused ? 'PROXY_CA_REFUSED' : 'PROXY_CA_UNAVAILABLE', {
    message: `the CA at ${address} ${isRefused ? 'refuses' : 'does not answer'}: ${grpcCodeName(code)}: ${message}`,
    hint: isRefused
      ? 'see whether the token is of this mesh, has the audience istio-ca and is not expired'
      : 'see whether the control plane runs and CA_ADDR is its address',
    cause: thrown,
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
