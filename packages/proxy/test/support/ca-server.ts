import { createPublicKey } from 'node:crypto'
import { asBuffer, codec, GRPC_METHODS } from '@batten/xds'
import { Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData } from '@grpc/grpc-js'
import { DER, DerReader } from '../../src/tls/der.ts'
import type { TestAuthority } from '../certificates.ts'

/** Istio's CA API over plain gRPC: signs whatever key is in the request, for one SPIFFE ID. */
export class CaServer {
  readonly tokens: string[] = []
  port = 0
  readonly #server = new Server()

  constructor(authority: TestAuthority, spiffeId: string) {
    const identity = (bytes: Buffer) => bytes
    this.#server.addService(
      {
        createCertificate: {
          ...GRPC_METHODS.createCertificate,
          requestSerialize: identity,
          requestDeserialize: identity,
          responseSerialize: identity,
          responseDeserialize: identity,
        },
      },
      {
        createCertificate: (call: ServerUnaryCall<Buffer, Buffer>, done: sendUnaryData<Buffer>) => {
          this.tokens.push(String(call.metadata.get('authorization')[0]))
          const { csr = '' } = codec('istio.v1.auth.IstioCertificateRequest').decode(call.request)
          const certChain = [authority.certify(publicKeyOf(csr), { uris: [spiffeId] }), authority.certificate]
          done(null, asBuffer(codec('istio.v1.auth.IstioCertificateResponse').encode({ certChain })))
        },
      },
    )
  }

  async start(): Promise<this> {
    this.port = await new Promise<number>((resolve, reject) =>
      this.#server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) =>
        error === null ? resolve(port) : reject(error),
      ),
    )
    return this
  }

  stop(): void {
    this.#server.forceShutdown()
  }
}

function publicKeyOf(csr: string) {
  const der = Buffer.from(csr.replace(/-----.*-----|\n/g, ''), 'base64')
  const fields = new DerReader(new DerReader(der).enter(DER.sequence).expect(DER.sequence).content)
  fields.expect(DER.integer)
  fields.expect(DER.sequence)
  return createPublicKey({ key: fields.expect(DER.sequence).encoded, format: 'der', type: 'spki' })
}
