import { BattenError, type Logger, silentLogger } from '@batten/core'
import { asBuffer, codec, GRPC_METHODS, structToJson } from '@batten/xds'
import { type ServerUnaryCall, type ServiceDefinition, type sendUnaryData, status } from '@grpc/grpc-js'
import type { CertificateAuthority } from './authority.ts'
import { formatSpiffeId, type WorkloadIdentity } from './spiffe-id.ts'

const requests = codec('istio.v1.auth.IstioCertificateRequest')
const responses = codec('istio.v1.auth.IstioCertificateResponse')
const { path, ...kind } = GRPC_METHODS.createCertificate

type Call = ServerUnaryCall<Buffer, Buffer>

/** The service's definition for @grpc/grpc-js, on raw bytes. */
export const ISTIO_CA_SERVICE: ServiceDefinition = {
  createCertificate: {
    path,
    ...kind,
    requestSerialize: (bytes: Buffer) => bytes,
    requestDeserialize: (bytes: Buffer) => bytes,
    responseSerialize: (bytes: Buffer) => bytes,
    responseDeserialize: (bytes: Buffer) => bytes,
  },
}

/** What the service counts. */
export interface CaServiceEvents {
  requested(): void
  issued(): void
  failed(reason: 'authentication' | 'request' | 'signing'): void
}

export interface CaServiceOptions {
  readonly authority: CertificateAuthority
  /**
   * Says who calls, by client certificate or token; undefined when the caller has shown neither.
   *
   * @throws BattenError `AUTH_TOKEN_REJECTED`
   */
  authenticate(call: Call): Promise<WorkloadIdentity | undefined>
  readonly events?: CaServiceEvents
  readonly log?: Logger
}

/**
 * Istio's `CreateCertificate`: a workload proves who it is and gets a certificate for exactly that.
 *
 * @see https://istio.io/latest/docs/concepts/security/#pki
 */
export function createCaService(options: CaServiceOptions) {
  const log = options.log ?? silentLogger
  const { authority, events } = options

  const handle = async (call: Call): Promise<Buffer> => {
    events?.requested()
    const identity = await options.authenticate(call).catch((error: unknown) => {
      log.warn('a certificate request was refused', {
        peer: call.getPeer(),
        error: BattenError.from(error).message,
      })
      return undefined
    })
    if (identity === undefined) {
      events?.failed('authentication')
      throw new CaCallError(status.UNAUTHENTICATED, 'request authenticate failure')
    }
    const request = decodeRequest(call.request)
    if (request.metadata['ImpersonatedIdentity'] !== undefined) {
      // Only node proxies of ambient may ask for others; none is trusted to yet.
      events?.failed('authentication')
      throw new CaCallError(status.UNAUTHENTICATED, 'request impersonation authentication failure')
    }
    const { chain, issued } = authority.signWorkload(request.csr, identity, request.ttlMs)
    events?.issued()
    log.debug('certificate issued', {
      identity: formatSpiffeId(authority.trustDomain, identity),
      notAfter: new Date(issued.notAfter).toISOString(),
    })
    return asBuffer(responses.encode({ certChain: chain }))
  }

  return {
    createCertificate(call: Call, callback: sendUnaryData<Buffer>): void {
      handle(call).then(
        (response) => callback(null, response),
        (thrown: unknown) => {
          const error = toCallError(thrown)
          if (error.code === status.INVALID_ARGUMENT) events?.failed('request')
          if (error.code === status.INTERNAL) events?.failed('signing')
          if (error.code !== status.UNAUTHENTICATED)
            log.warn('a certificate request failed', { peer: call.getPeer(), error: error.message })
          callback({ code: error.code, details: error.message })
        },
      )
    },
  }
}

function decodeRequest(bytes: Buffer) {
  const request = requests.decode(bytes)
  return {
    csr: request.csr ?? '',
    ttlMs: Number(request.validityDuration ?? 0) * 1000,
    metadata: structToJson(request.metadata ?? {}),
  }
}

class CaCallError extends Error {
  readonly code: status

  constructor(code: status, message: string) {
    super(message)
    this.code = code
  }
}

/** Istio's codes: the request's fault is INVALID_ARGUMENT, the authority's is INTERNAL without details. */
function toCallError(thrown: unknown): CaCallError {
  if (thrown instanceof CaCallError) return thrown
  const error = BattenError.from(thrown)
  if (error.code === 'CA_BAD_REQUEST' || error.code === 'XDS_DECODE_FAILED')
    return new CaCallError(status.INVALID_ARGUMENT, `CSR signing error (${error.message})`)
  return new CaCallError(status.INTERNAL, `CSR signing error (${error.message})`)
}
