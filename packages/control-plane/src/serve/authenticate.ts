import type { Metadata, ServerUnaryCall } from '@grpc/grpc-js'
import { readCertificate } from '../ca/certificate.ts'
import { formatSpiffeId, parseSpiffeId, type WorkloadIdentity } from '../ca/spiffe-id.ts'
import type { TokenAuthenticator } from '../ca/tokens.ts'
import { controlPlaneError } from '../errors.ts'
import type { XdsNode } from '../model/node.ts'

/** What a gRPC call shows of its caller. */
export interface CallerCredentials {
  readonly metadata: Metadata
  getAuthContext: ServerUnaryCall<Buffer, Buffer>['getAuthContext']
}

/** Who calls, and how that is known. */
export interface CallerIdentity extends WorkloadIdentity {
  readonly proof: 'certificate' | 'token'
}

/**
 * Says who calls: by the SPIFFE ID of a client certificate that the mesh's CA signed, else by a bearer token.
 *
 * @see https://istio.io/latest/docs/ops/best-practices/security/#control-plane
 */
export class CallAuthenticator {
  readonly #trustDomains: ReadonlySet<string>
  readonly #tokens: readonly TokenAuthenticator[]

  constructor(trustDomains: readonly string[], tokens: readonly TokenAuthenticator[]) {
    this.#trustDomains = new Set(trustDomains)
    this.#tokens = tokens
  }

  /**
   * @returns undefined when the caller shows nothing
   * @throws BattenError `AUTH_TOKEN_REJECTED`
   */
  async authenticate(call: CallerCredentials): Promise<CallerIdentity | undefined> {
    return this.#byCertificate(call) ?? (await this.#byToken(call.metadata))
  }

  /** The certificate's chain was verified in the handshake: an unverified one does not show up here. */
  #byCertificate(call: CallerCredentials): CallerIdentity | undefined {
    const raw = call.getAuthContext().sslPeerCertificate?.raw
    if (raw === undefined) return undefined
    for (const uri of readCertificate(raw).uris) {
      const id = parseSpiffeId(uri)
      if (id === undefined || !this.#trustDomains.has(id.trustDomain)) continue
      return { namespace: id.namespace, serviceAccount: id.serviceAccount, proof: 'certificate' }
    }
    return undefined
  }

  async #byToken(metadata: Metadata): Promise<CallerIdentity | undefined> {
    const header = metadata.get('authorization')[0]?.toString() ?? ''
    const token = /^bearer +(\S+)$/i.exec(header)?.[1]
    if (token === undefined) return undefined
    for (const authenticator of this.#tokens) {
      const identity = await authenticator.authenticate(token)
      if (identity !== undefined) return { ...identity, proof: 'token' }
    }
    throw controlPlaneError('AUTH_TOKEN_REJECTED', {
      message: 'the token is not accepted: nobody here knows its issuer',
      hint: 'configure the issuer (JWT_RULE), or send a token of this mesh',
    })
  }
}

/**
 * A node may only be what its credentials say: another namespace's configuration (and secrets) are none of its
 * business.
 *
 * @throws BattenError `AUTH_IDENTITY_MISMATCH`
 */
export function checkNodeIdentity(node: XdsNode, identity: CallerIdentity, trustDomain: string): void {
  const isSame =
    identity.namespace === node.namespace &&
    (node.serviceAccount === '' || identity.serviceAccount === node.serviceAccount)
  if (isSame) return
  throw controlPlaneError('AUTH_IDENTITY_MISMATCH', {
    message: `no identities ([${formatSpiffeId(trustDomain, identity)}]) matched ${node.namespace}/${node.serviceAccount || '*'}`,
    where: node.id,
    hint: 'NAMESPACE and SERVICE_ACCOUNT of the node metadata must be those of its certificate or token',
  })
}
