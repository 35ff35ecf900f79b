import { readFileSync } from 'node:fs'
import { connect as connectTcp } from 'node:net'
import { join } from 'node:path'
import { connect as connectTls, type PeerCertificate } from 'node:tls'
import { createTestCertificates } from '@batten/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BookinfoProject } from './support/project.ts'

let project: BookinfoProject

beforeAll(async () => {
  project = await BookinfoProject.start()
})
afterAll(() => project?.close())

/** Where a sidecar takes mesh traffic for its workload. */
const inboundPort = (pod: string) => project.mesh.plan.pods.find((p) => p.name === pod)!.ports[0]!.inboundPort
const adminOf = (pod: string) =>
  `http://127.0.0.1:${project.mesh.plan.pods.find((p) => p.name === pod)!.adminPort}`

interface Handshake {
  readonly protocol?: string | null
  readonly alpn?: string | false | null
  readonly peer?: PeerCertificate
  /** What came back for a GET, or why not. */
  readonly answer: string
}

function handshake(port: number, options: { cert?: string; key?: string; ca?: string }): Promise<Handshake> {
  return new Promise((resolve) => {
    let text = ''
    const socket = connectTls({
      host: '127.0.0.1',
      port,
      ...options,
      rejectUnauthorized: false,
      ALPNProtocols: ['istio-http/1.1', 'istio', 'http/1.1'],
      servername: 'outbound_.9080_._.details.default.svc.cluster.local',
    })
    const seen: { protocol?: string | null; alpn?: string | false | null; peer?: PeerCertificate } = {}
    socket.on('secureConnect', () => {
      seen.protocol = socket.getProtocol()
      seen.alpn = socket.alpnProtocol
      seen.peer = socket.getPeerCertificate()
      socket.write('GET /health HTTP/1.1\r\nhost: details:9080\r\nconnection: close\r\n\r\n')
    })
    socket.on('data', (chunk) => (text += chunk))
    const done = (why: string) => resolve({ ...seen, answer: text.split('\r\n')[0] || why })
    socket.on('error', (error: NodeJS.ErrnoException) => done(error.code ?? error.message))
    socket.on('close', () => done('closed'))
    socket.setTimeout(5000, () => socket.destroy(new Error('silent')))
  })
}

function plaintext(port: number): Promise<string> {
  return new Promise((resolve) => {
    let text = ''
    const socket = connectTcp(port, '127.0.0.1', () =>
      socket.write('GET /health HTTP/1.1\r\nhost: details:9080\r\nconnection: close\r\n\r\n'),
    )
    socket.on('data', (chunk) => (text += chunk))
    socket.on('error', () => {})
    socket.on('close', () => resolve(text.split('\r\n')[0] ?? ''))
    socket.setTimeout(5000, () => socket.destroy())
  })
}

describe('a STRICT workload', () => {
  it('speaks TLS 1.3 with ALPN and names its service account', async () => {
    const { protocol, alpn, peer, answer } = await handshake(inboundPort('details-v1'), {})
    expect({ protocol, alpn, san: peer?.subjectaltname }).toEqual({
      protocol: 'TLSv1.3',
      alpn: 'http/1.1',
      san: 'URI:spiffe://cluster.local/ns/default/sa/bookinfo-details',
    })
    // Without a certificate of the mesh nothing is served.
    expect(answer).not.toContain('200')
  })

  it('refuses plain text', async () => {
    expect(await plaintext(inboundPort('details-v1'))).toBe('')
  })

  it('refuses a certificate of a foreign authority with the right name', async () => {
    const foreign = createTestCertificates()
    const identity = { namespace: 'default', serviceAccount: 'bookinfo-productpage' }
    const { certificateChain, privateKey } = await foreign.issueWorkload(identity)
    foreign.close()
    const { answer } = await handshake(inboundPort('details-v1'), { cert: certificateChain, key: privateKey })
    expect(answer).not.toContain('200')
  })

  it('sees the SPIFFE ID of the caller', async () => {
    expect((await fetch(`${project.url}/api/v1/products/0`)).status).toBe(200)
    const certs = (await (await fetch(`${adminOf('productpage-v1')}/certs`)).json()) as {
      certificates: { cert_chain: { subject_alt_names: { uri: string }[] }[] }[]
    }
    const names = certs.certificates.flatMap((c) =>
      c.cert_chain.flatMap((x) => x.subject_alt_names.map((s) => s.uri)),
    )
    expect(names).toContain('spiffe://cluster.local/ns/default/sa/bookinfo-productpage')
    const stats = await (await fetch(`${adminOf('details-v1')}/stats?filter=ssl.handshake`)).text()
    expect(stats).toMatch(/ssl\.handshake: [1-9]/)
  })
})

describe('a PERMISSIVE workload', () => {
  it('takes plain text and mutual TLS', async () => {
    await project.write(
      'mesh/security.yaml',
      readFileSync(project.path('mesh/security.yaml'), 'utf8').replace('STRICT', 'PERMISSIVE'),
    )
    expect(await plaintext(inboundPort('details-v1'))).toBe('HTTP/1.1 200 OK')
    expect((await fetch(`${project.url}/api/v1/products/0`)).status).toBe(200)
    const state = join(project.mesh.runDirectory, 'control-plane')
    expect(readFileSync(join(state, 'root-cert.pem'), 'utf8')).toContain('BEGIN CERTIFICATE')
  })
})
