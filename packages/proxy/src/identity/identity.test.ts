import { createPublicKey, createVerify, X509Certificate } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BattenError } from '@batten/core'
import { asBuffer, codec, GRPC_METHODS, structToJson } from '@batten/xds'
import { Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData, status } from '@grpc/grpc-js'
import { afterEach, describe, expect, it } from 'vitest'
import { TestAuthority } from '../../test/certificates.ts'
import { ManualClock } from '../../test/manual-clock.ts'
import { DER, DerReader } from '../tls/der.ts'
import { createSecretStore } from '../tls/secret-store.ts'
import { subjectAltNames } from '../tls/subject-alt-names.ts'
import { type CaClientOptions, type CertificateAuthorityClient, createCaClient } from './ca-client.ts'
import { identityFromEnvironment } from './identity-options.ts'
import { createKeyAndRequest } from './key-and-csr.ts'
import { WorkloadCertificate } from './rotation.ts'
import { readToken } from './token.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

const SPIFFE_ID = 'spiffe://cluster.local/ns/default/sa/reviews'
const HOUR_MS = 3_600_000

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'batten-'))
  cleanups.push(() => rmSync(path, { recursive: true, force: true }))
  return path
}

/** Public key of a PEM request, after its signature was verified. */
function verifiedRequest(csr: string) {
  const der = Buffer.from(csr.replace(/-----.*-----|\n/g, ''), 'base64')
  const request = new DerReader(der).enter(DER.sequence)
  const info = request.expect(DER.sequence)
  request.expect(DER.sequence)
  const signature = request.expect(DER.bitString).content.subarray(1)
  const fields = new DerReader(info.content)
  const version = fields.expect(DER.integer).content
  const subject = fields.expect(DER.sequence).content
  const publicKey = createPublicKey({ key: fields.expect(DER.sequence).encoded, format: 'der', type: 'spki' })
  const attributes = fields.expect(0xa0).content
  const isSigned = createVerify('sha256').update(info.encoded).verify(publicKey, signature)
  return { publicKey, isSigned, version: version[0], subjectLength: subject.length, attributes }
}

/** A CA in this process that answers by a function. */
function authorityOf(answer: (csr: string) => string[] | Error) {
  const calls: { csr: string; ttlMs: number }[] = []
  const client: CertificateAuthorityClient = {
    async sign(csr, ttlMs) {
      calls.push({ csr, ttlMs })
      const result = answer(csr)
      if (result instanceof Error) throw result
      return { certificateChain: result.slice(0, -1).join(''), roots: result.at(-1)! }
    },
  }
  return { client, calls }
}

const root = new TestAuthority('root')
const sign =
  (validMs: number, from = Date.now()) =>
  (csr: string) => [
    root.certify(verifiedRequest(csr).publicKey, { uris: [SPIFFE_ID], notAfter: new Date(from + validMs) }),
    root.certificate,
  ]

describe('a certificate request', () => {
  it('is signed by its key, has no subject and asks for the SPIFFE ID', () => {
    const { csr, key, privateKey } = createKeyAndRequest(SPIFFE_ID)
    const request = verifiedRequest(csr)
    expect(request).toMatchObject({ isSigned: true, version: 0, subjectLength: 0 })
    expect(request.attributes.includes(Buffer.from(SPIFFE_ID))).toBe(true)
    expect(key.asymmetricKeyDetails).toEqual({ namedCurve: 'prime256v1' })
    expect(createPublicKey(privateKey).equals(request.publicKey)).toBe(true)
    expect(createKeyAndRequest(SPIFFE_ID).privateKey).not.toBe(privateKey)
  })
})

describe('a token file', () => {
  it('is read each time, without the white space around', async () => {
    const path = join(folder(), 'token')
    writeFileSync(path, 'first.token.x\n')
    expect(await readToken(path)).toBe('first.token.x')
    writeFileSync(path, ' second\n')
    expect(await readToken(path)).toBe('second')
  })

  it.each([
    ['missing', undefined, /ENOENT/],
    ['empty', ' \n', /it is empty/],
    ['with a line break inside', 'a\r\nx: y', /characters that a token cannot have/],
    ['too large', 'a'.repeat(70_000), /70000 bytes/],
  ])('that is %s is refused without showing it', async (_, content, message) => {
    const path = join(folder(), 'token')
    if (content !== undefined) writeFileSync(path, content)
    const error = await readToken(path).catch((thrown: BattenError) => thrown)
    expect(error).toMatchObject({
      code: 'PROXY_TOKEN_UNREADABLE',
      message: expect.stringMatching(message),
      where: path,
    })
  })
})

describe('the CA client', () => {
  const serverSide = root.issue({ dns: ['istiod.example'] })

  async function serve(
    handle: (call: ServerUnaryCall<Buffer, Buffer>, callback: sendUnaryData<Buffer>) => void,
    tls = true,
    address = '127.0.0.1:0',
  ) {
    const server = new Server()
    const { path, ...kind } = GRPC_METHODS.createCertificate
    const pass = (bytes: Buffer) => bytes
    server.addService(
      {
        createCertificate: {
          path,
          ...kind,
          requestSerialize: pass,
          requestDeserialize: pass,
          responseSerialize: pass,
          responseDeserialize: pass,
        },
      },
      { createCertificate: handle },
    )
    const credentials = tls
      ? ServerCredentials.createSsl(null, [
          {
            cert_chain: Buffer.from(serverSide.certificateChain),
            private_key: Buffer.from(serverSide.privateKey),
          },
        ])
      : ServerCredentials.createInsecure()
    const port = await new Promise<number>((resolve, reject) =>
      server.bindAsync(address, credentials, (error, bound) =>
        error === null ? resolve(bound) : reject(error),
      ),
    )
    cleanups.push(() => server.forceShutdown())
    const path_ = folder()
    writeFileSync(join(path_, 'root.pem'), root.certificate)
    writeFileSync(join(path_, 'token'), 'the.token')
    const options: CaClientOptions = {
      address: `127.0.0.1:${port}`,
      transport: tls
        ? { kind: 'tls', rootFile: join(path_, 'root.pem'), serverName: 'istiod.example' }
        : { kind: 'plaintext' },
      tokenFile: join(path_, 'token'),
      clusterId: 'Kubernetes',
      timeoutMs: 2000,
    }
    return options
  }

  it.each([true, false])(
    'sends request, lifetime, token and cluster, and takes the chain apart (TLS: %s)',
    async (tls) => {
      const seen: unknown[] = []
      const options = await serve((call, callback) => {
        const request = codec('istio.v1.auth.IstioCertificateRequest').decode(call.request)
        seen.push({
          csr: request.csr,
          seconds: Number(request.validityDuration),
          metadata: structToJson(request.metadata!),
          authorization: call.metadata.get('authorization'),
          clusterid: call.metadata.get('clusterid'),
        })
        const certChain = ['LEAF\n', 'INTERMEDIATE\n', 'ROOT 1\nROOT 2\n']
        callback(null, asBuffer(codec('istio.v1.auth.IstioCertificateResponse').encode({ certChain })))
      }, tls)
      const signed = await createCaClient({ ...options, metadata: { WorkloadName: 'reviews-v1' } }).sign(
        'CSR',
        24 * HOUR_MS,
      )
      expect(signed).toEqual({ certificateChain: 'LEAF\nINTERMEDIATE\n', roots: 'ROOT 1\nROOT 2\n' })
      expect(seen).toEqual([
        {
          csr: 'CSR',
          seconds: 86_400,
          metadata: { ClusterID: 'Kubernetes', WorkloadName: 'reviews-v1' },
          authorization: ['Bearer the.token'],
          clusterid: ['Kubernetes'],
        },
      ])
    },
  )

  it('tells a refusal from an authority that is not there', async () => {
    const options = await serve((_, callback) =>
      callback({ code: status.UNAUTHENTICATED, details: 'request authenticate failure' }),
    )
    await expect(createCaClient(options).sign('CSR', 1000)).rejects.toMatchObject({
      code: 'PROXY_CA_REFUSED',
      message: `the CA at ${options.address} refuses: UNAUTHENTICATED: request authenticate failure`,
    })
    const untrusted = join(folder(), 'other.pem')
    writeFileSync(untrusted, new TestAuthority('other').certificate)
    await expect(
      createCaClient({
        ...options,
        transport: { kind: 'tls', rootFile: untrusted, serverName: 'istiod.example' },
      }).sign('CSR', 1000),
    ).rejects.toMatchObject({ code: 'PROXY_CA_UNAVAILABLE' })
    await expect(
      createCaClient({ ...options, transport: { kind: 'tls', rootFile: '/nowhere.pem' } }).sign('CSR', 1000),
    ).rejects.toMatchObject({ code: 'PROXY_CA_UNAVAILABLE', where: '/nowhere.pem' })
    const empty = join(folder(), 'empty.pem')
    writeFileSync(empty, '')
    await expect(
      createCaClient({ ...options, transport: { kind: 'tls', rootFile: empty } }).sign('CSR', 1000),
    ).rejects.toMatchObject({
      code: 'PROXY_CA_UNAVAILABLE',
      message: expect.stringMatching(/^the root certificate of the CA cannot be read: /),
      where: empty,
    })
  })

  it('takes a certificate for the name of the address, or for the one that was named', async () => {
    const options = await serve((_, callback) =>
      callback(
        null,
        asBuffer(codec('istio.v1.auth.IstioCertificateResponse').encode({ certChain: ['LEAF', 'ROOT'] })),
      ),
    )
    const { rootFile } = options.transport as { rootFile: string }
    await expect(
      createCaClient({ ...options, transport: { kind: 'tls', rootFile } }).sign('CSR', 1000),
    ).rejects.toMatchObject({
      code: 'PROXY_CA_UNAVAILABLE',
      message: `the CA at ${options.address} does not answer: UNAVAILABLE: the peer's certificate is for DNS:istiod.example, not for 127.0.0.1`,
    })
  })

  it('connects over a Unix domain socket', async () => {
    const peers: string[] = []
    const path = join(folder(), 'ca.sock')
    const options = await serve(
      (call, callback) => {
        peers.push(call.getPeer())
        callback(
          null,
          asBuffer(codec('istio.v1.auth.IstioCertificateResponse').encode({ certChain: ['LEAF', 'ROOT'] })),
        )
      },
      false,
      `unix:${path}`,
    )
    const client = createCaClient({ ...options, address: `unix:${path}` })
    for (let i = 0; i < 2; i++)
      expect(await client.sign('CSR', 1000)).toEqual({ certificateChain: 'LEAF\n', roots: 'ROOT\n' })
    expect(peers).toHaveLength(2)
  })

  it('waits no longer than its limit, nor when it is told to stop', async () => {
    const options = await serve(() => {})
    await expect(createCaClient({ ...options, timeoutMs: 100 }).sign('CSR', 1000)).rejects.toMatchObject({
      code: 'PROXY_CA_UNAVAILABLE',
      message: expect.stringMatching(
        /does not answer: (DEADLINE_EXCEEDED: no answer|UNAVAILABLE: no connection) within/,
      ),
    })
    const stop = new AbortController()
    const signed = createCaClient(options).sign('CSR', 1000, stop.signal)
    setTimeout(() => stop.abort(), 50)
    await expect(signed).rejects.toMatchObject({ code: 'PROXY_CA_UNAVAILABLE' })
  })

  it('refuses an answer without a root', async () => {
    const options = await serve((_, callback) => {
      callback(
        null,
        asBuffer(codec('istio.v1.auth.IstioCertificateResponse').encode({ certChain: ['LEAF'] })),
      )
    })
    await expect(createCaClient(options).sign('CSR', 1000)).rejects.toMatchObject({
      code: 'PROXY_CA_BAD_ANSWER',
    })
  })
})

describe('the certificate of a workload', () => {
  function workload(client: CertificateAuthorityClient, random = () => 0.5) {
    const secrets = createSecretStore()
    const clock = new ManualClock()
    const certificate = new WorkloadCertificate({
      spiffeId: SPIFFE_ID,
      authority: client,
      secrets,
      clock,
      random,
    })
    cleanups.push(() => certificate.close())
    return { secrets, clock, certificate }
  }

  it('is published with the roots and renewed at half of its lifetime, each time with a new key', async () => {
    const { client, calls } = authorityOf(sign(24 * HOUR_MS))
    const { secrets, clock, certificate } = workload(client)
    certificate.start()
    await certificate.ready
    const first = secrets.get('default')!
    expect(secrets.get('ROOTCA')).toEqual({ kind: 'validation', name: 'ROOTCA', trustedCa: root.certificate })
    if (first.kind !== 'certificate') throw new Error('no certificate')
    const leaf = new X509Certificate(first.certificateChain)
    expect(subjectAltNames(leaf.raw).uris).toEqual([SPIFFE_ID])
    expect(calls[0]!.ttlMs).toBe(24 * HOUR_MS)
    expect(clock.delays).toHaveLength(1)
    expect(clock.delays[0]! / HOUR_MS).toBeCloseTo(12, 2)

    clock.advance(12 * HOUR_MS)
    await certificate.renew()
    const second = secrets.get('default')!
    if (second.kind !== 'certificate') throw new Error('no certificate')
    expect(second.privateKey).not.toBe(first.privateKey)
    expect(certificate.status).toMatchObject({ issuedCount: 2, error: undefined })
  })

  it('is renewed a little earlier or later by chance', async () => {
    for (const [random, hours] of [
      [0, 12.24],
      [0.999999, 11.76],
    ] as const) {
      const { clock, certificate } = workload(authorityOf(sign(24 * HOUR_MS)).client, () => random)
      await certificate.renew()
      expect(clock.delays[0]! / HOUR_MS).toBeCloseTo(hours, 2)
    }
  })

  it('is asked for again with growing delays while the CA is away, and says why', async () => {
    const unavailable = new BattenError('PROXY_CA_UNAVAILABLE', { message: 'the CA does not answer' })
    let isAway = true
    const answer = sign(24 * HOUR_MS)
    const { client } = authorityOf((csr) => (isAway ? unavailable : answer(csr)))
    const { secrets, clock, certificate } = workload(client, () => 1)
    const delays: number[] = []
    await certificate.renew()
    for (let i = 0; i < 8; i++) {
      delays.push(clock.delays[0]!)
      clock.advance(clock.delays[0]!)
      await certificate.renew()
    }
    expect(delays).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000])
    expect(certificate.status).toMatchObject({ error: unavailable, validUntilMs: undefined })
    expect(secrets.names()).toEqual([])
    isAway = false
    await certificate.renew()
    await certificate.ready
    expect(certificate.status.error).toBeUndefined()
  })

  it('keeps the one that works when the CA sends something that does not', async () => {
    let answer: (csr: string) => string[] = sign(24 * HOUR_MS)
    const { client } = authorityOf((csr) => answer(csr))
    const { secrets, certificate } = workload(client)
    await certificate.renew()
    const good = secrets.get('default')
    for (const bad of [
      () => ['junk', root.certificate],
      () => [root.issue({ uris: [SPIFFE_ID] }).certificateChain, root.certificate],
      sign(-1000),
    ]) {
      answer = bad
      await certificate.renew()
      expect(certificate.status.error?.code).toBe('PROXY_CA_BAD_ANSWER')
      expect(secrets.get('default')).toBe(good)
    }
  })

  it('publishes new roots with the next certificate', async () => {
    const next = new TestAuthority('next root')
    let roots = root.certificate
    const { client } = authorityOf((csr) => [sign(HOUR_MS)(csr)[0]!, roots])
    const { secrets, certificate } = workload(client)
    await certificate.renew()
    roots = root.certificate + next.certificate
    await certificate.renew()
    expect(secrets.get('ROOTCA')).toMatchObject({ trustedCa: roots })
  })

  it('stops when it is closed', async () => {
    const { clock, certificate } = workload(authorityOf(sign(HOUR_MS)).client)
    await certificate.renew()
    await certificate.close()
    expect(clock.delays).toEqual([])
  })
})

describe('the identity in the environment', () => {
  it('is that of a pod made for Istio', () => {
    expect(
      identityFromEnvironment({
        CA_ADDR: 'istiod.istio-system.svc:15012',
        POD_NAMESPACE: 'default',
        SERVICE_ACCOUNT: 'reviews',
        SECRET_TTL: '12h',
      }),
    ).toEqual({
      spiffeId: SPIFFE_ID,
      ca: {
        address: 'istiod.istio-system.svc:15012',
        transport: { kind: 'tls', rootFile: './var/run/secrets/istio/root-cert.pem', serverName: undefined },
        tokenFile: './var/run/secrets/tokens/istio-token',
        clusterId: 'Kubernetes',
      },
      ttlMs: 12 * HOUR_MS,
      graceRatio: 0.5,
    })
  })

  it('is none without a CA, and plain text on the debug port only', () => {
    expect(identityFromEnvironment({})).toBeUndefined()
    expect(identityFromEnvironment({ CA_ADDR: 'localhost:15010' })!.ca.transport).toEqual({
      kind: 'plaintext',
    })
  })

  it.each([
    [{ SECRET_TTL: 'soon' }, 'SECRET_TTL is "soon"; it must be a duration such as 24h'],
    [{ SECRET_GRACE_PERIOD_RATIO: '2' }, 'SECRET_GRACE_PERIOD_RATIO is "2"; it must be a number from 0 to 1'],
  ])('refuses %j', (environment, message) => {
    expect(() => identityFromEnvironment({ CA_ADDR: 'x:15012', ...environment })).toThrow(message)
  })
})
