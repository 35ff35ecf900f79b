import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { asBuffer, codec, GRPC_METHODS, TYPE_URLS } from '@batten/xds'
import { Client, credentials } from '@grpc/grpc-js'
import { afterEach, describe, expect, it } from 'vitest'
import { createSecretStore } from '../tls/secret-store.ts'
import { SdsServer } from './sds-server.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

interface Answer {
  readonly version: string
  readonly nonce: string
  /** `name: content` of each secret. */
  readonly secrets: string[]
}

async function serve() {
  const folder = mkdtempSync(join(tmpdir(), 'batten-'))
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'sds.sock')
  const secrets = createSecretStore()
  const server = await SdsServer.start({ path, secrets })
  cleanups.push(() => server.close())
  return { path, secrets, server }
}

/** A stream as an Envoy has it. */
function subscribe(path: string) {
  const client = new Client(`unix:${path}`, credentials.createInsecure())
  const pass = (bytes: Buffer) => bytes
  const stream = client.makeBidiStreamRequest(GRPC_METHODS.streamSecrets.path, pass, pass)
  const answers: Answer[] = []
  let wake: () => void = () => {}
  let error: Error | undefined
  stream.on('data', (bytes: Buffer) => {
    const response = codec('envoy.service.discovery.v3.DiscoveryResponse').decode(bytes)
    answers.push({
      version: response.versionInfo ?? '',
      nonce: response.nonce ?? '',
      secrets: (response.resources ?? []).map(({ value }) => {
        const secret = codec('envoy.extensions.transport_sockets.tls.v3.Secret').decode(value!)
        const { tlsCertificate, validationContext } = secret
        const parts = [
          tlsCertificate?.certificateChain,
          tlsCertificate?.privateKey,
          validationContext?.trustedCa,
        ]
        const text = parts
          .filter((part) => part !== undefined)
          .map((part) => Buffer.from(part.inlineBytes!).toString())
        return `${secret.name}: ${text.join('+')}`
      }),
    })
    wake()
  })
  stream.on('error', (thrown) => {
    error = thrown
    wake()
  })
  cleanups.push(() => {
    stream.cancel()
    client.close()
  })
  const send = (request: object) =>
    stream.write(
      asBuffer(
        codec('envoy.service.discovery.v3.DiscoveryRequest').encode({ typeUrl: TYPE_URLS.SDS, ...request }),
      ),
    )
  const until = async (test: () => boolean) => {
    while (!test()) await new Promise<void>((resolve) => (wake = resolve))
  }
  return {
    stream,
    answers,
    send,
    until,
    error: () => error,
    ack: (answer: Answer, resourceNames: string[]) =>
      send({ resourceNames, versionInfo: answer.version, responseNonce: answer.nonce }),
  }
}

const certificate = (text: string) => ({
  kind: 'certificate' as const,
  name: 'default',
  certificateChain: text,
  privateKey: 'KEY',
})

describe('the SDS server', () => {
  it('sends a secret when it is there, and again when it changes, but not after an ACK', async () => {
    const { path, secrets } = await serve()
    const { answers, send, until, ack } = subscribe(path)
    send({ resourceNames: ['default'] })
    // Nothing is there yet: no answer that would end Envoy's wait.
    await new Promise((resolve) => setTimeout(resolve, 30))
    expect(answers).toEqual([])
    secrets.set(certificate('FIRST'))
    await until(() => answers.length === 1)
    expect(answers[0]!.secrets).toEqual(['default: FIRST+KEY'])
    ack(answers[0]!, ['default'])
    secrets.set({ kind: 'validation', name: 'ROOTCA', trustedCa: 'ROOT' })
    secrets.set(certificate('SECOND'))
    await until(() => answers.length === 2)
    expect(answers[1]!.secrets).toEqual(['default: SECOND+KEY'])
    expect(answers[1]!.version).not.toBe(answers[0]!.version)
  })

  it('serves several streams, each with its names', async () => {
    const { path, secrets } = await serve()
    secrets.set(certificate('LEAF'))
    secrets.set({ kind: 'validation', name: 'ROOTCA', trustedCa: 'ROOT' })
    const one = subscribe(path)
    const two = subscribe(path)
    one.send({ resourceNames: ['default', 'ROOTCA'] })
    two.send({ resourceNames: ['ROOTCA'] })
    await one.until(() => one.answers.length === 1)
    await two.until(() => two.answers.length === 1)
    expect(one.answers[0]!.secrets).toEqual(['default: LEAF+KEY', 'ROOTCA: ROOT'])
    expect(two.answers[0]!.secrets).toEqual(['ROOTCA: ROOT'])
  })

  it('sends a secret that a later request names', async () => {
    const { path, secrets } = await serve()
    secrets.set(certificate('LEAF'))
    secrets.set({ kind: 'validation', name: 'ROOTCA', trustedCa: 'ROOT' })
    const { answers, send, until, ack } = subscribe(path)
    send({ resourceNames: ['default'] })
    await until(() => answers.length === 1)
    ack(answers[0]!, ['default', 'ROOTCA'])
    await until(() => answers.length === 2)
    expect(answers[1]!.secrets).toEqual(['ROOTCA: ROOT'])
  })

  it('does not repeat a secret that Envoy has rejected until it changes', async () => {
    const { path, secrets } = await serve()
    secrets.set(certificate('BAD'))
    const { answers, send, until } = subscribe(path)
    send({ resourceNames: ['default'] })
    await until(() => answers.length === 1)
    send({
      resourceNames: ['default'],
      responseNonce: answers[0]!.nonce,
      errorDetail: { code: 3, message: 'Failed to load certificate chain' },
    })
    await new Promise((resolve) => setTimeout(resolve, 30))
    expect(answers).toHaveLength(1)
    secrets.set(certificate('GOOD'))
    await until(() => answers.length === 2)
    expect(answers[1]!.secrets).toEqual(['default: GOOD+KEY'])
  })

  it.each([
    ['another type', { typeUrl: TYPE_URLS.CDS, resourceNames: ['x'] }, /only secrets are served/],
    ['too many names', { resourceNames: Array.from({ length: 101 }, (_, i) => `s${i}`) }, /more than 100/],
  ])('ends a stream that asks for %s', async (_, request, message) => {
    const { path } = await serve()
    const { send, until, error } = subscribe(path)
    send(request)
    await until(() => error() !== undefined)
    expect(error()).toMatchObject({ code: 3, details: expect.stringMatching(message) })
  })

  it('is open to its own user only, and takes no path from another server or from a file', async () => {
    const { path, secrets, server } = await serve()
    expect(statSync(path).mode & 0o777).toBe(0o600)
    await expect(SdsServer.start({ path, secrets })).rejects.toMatchObject({
      code: 'PROXY_SDS_BIND_FAILED',
      message: 'cannot serve secrets: another process serves secrets there',
    })
    await server.close()
    writeFileSync(path, 'not a socket')
    await expect(SdsServer.start({ path, secrets })).rejects.toMatchObject({
      message: 'cannot serve secrets: there is a file that is no socket',
    })
  })
})
