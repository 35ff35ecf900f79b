import { chmodSync, lstatSync, unlinkSync } from 'node:fs'
import { connect } from 'node:net'
import { BattenError, errorMessage, type Logger, silentLogger } from '@batten/core'
import { asBuffer, codec, contentVersion, GRPC_METHODS, SotwSubscription, TYPE_URLS } from '@batten/xds'
import {
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServiceDefinition,
  status,
} from '@grpc/grpc-js'
import type { SecretStore, TlsSecret } from '../tls/tls-config.ts'

export interface SdsServerOptions {
  /** The Unix domain socket; a stale file is replaced. Only our own user may connect: it hands out private keys. */
  readonly path: string
  readonly secrets: SecretStore
  readonly log?: Logger
}

const requests = codec('envoy.service.discovery.v3.DiscoveryRequest')
const responses = codec('envoy.service.discovery.v3.DiscoveryResponse')

/** Envoy asks for a few names; more on one stream is a mistake or mischief. */
const MAX_NAMES = 100
const MAX_REQUEST_BYTES = 256 * 1024

type Call = ServerDuplexStream<Buffer, Buffer>

/**
 * Secret discovery for an Envoy on the same machine, as Istio's agent serves it: `StreamSecrets`, state of the world,
 * over a Unix domain socket. A secret is sent when it is there and again whenever it changes; while it is not there
 * the stream waits, and with it the listeners and clusters that need it.
 *
 * @see https://www.envoyproxy.io/docs/envoy/latest/configuration/security/secret
 */
export class SdsServer {
  readonly path: string
  readonly #server: Server

  private constructor(path: string, server: Server) {
    this.path = path
    this.#server = server
  }

  /** @throws BattenError PROXY_SDS_BIND_FAILED */
  static async start(options: SdsServerOptions): Promise<SdsServer> {
    const { path, secrets, log = silentLogger } = options
    const server = new Server({ 'grpc.max_receive_message_length': MAX_REQUEST_BYTES })
    server.addService(SERVICE, {
      streamSecrets: (call: Call) => serveStream(call, secrets, log),
    })
    await removeStaleSocket(path)
    await new Promise<void>((resolve, reject) => {
      // The socket must not be open to others between bind and chmod.
      const mask = process.umask(0o177)
      server.bindAsync(`unix:${path}`, ServerCredentials.createInsecure(), (error) => {
        process.umask(mask)
        if (error === null) resolve()
        else reject(bindError(path, errorMessage(error), error))
      })
    })
    chmodSync(path, 0o600)
    return new SdsServer(path, server)
  }

  async close(): Promise<void> {
    this.#server.forceShutdown()
    try {
      unlinkSync(this.path)
    } catch {
      // It is gone already.
    }
  }
}

const pass = (bytes: Buffer) => bytes
const { path: methodPath, ...kind } = GRPC_METHODS.streamSecrets
const SERVICE: ServiceDefinition = {
  streamSecrets: {
    path: methodPath,
    ...kind,
    requestSerialize: pass,
    requestDeserialize: pass,
    responseSerialize: pass,
    responseDeserialize: pass,
  },
}

function serveStream(call: Call, secrets: SecretStore, log: Logger): void {
  const subscription = new SotwSubscription({ maxNames: MAX_NAMES })
  const watches = new Map<string, () => void>()
  let nonce = 0
  let isPlanned = false

  const push = () => {
    isPlanned = false
    const encoded = new Map<string, { version: string; bytes: Uint8Array }>()
    for (const name of subscription.names) {
      const secret = secrets.get(name)
      if (secret === undefined) continue
      const bytes = secretCodec.encode(secretMessage(secret))
      encoded.set(name, { version: contentVersion(bytes), bytes })
    }
    // Nothing to say yet: an empty answer would end the wait of whoever needs the secret.
    if (encoded.size === 0) return
    const version = contentVersion(Buffer.from([...encoded.values()].map((entry) => entry.version).join()))
    const update = subscription.next(encoded, version, String(++nonce))
    if (update === undefined || update.resources.length === 0) return
    call.write(
      asBuffer(
        responses.encode({
          typeUrl: TYPE_URLS.SDS,
          versionInfo: update.version,
          nonce: update.nonce,
          resources: update.resources.map((name) => ({
            typeUrl: TYPE_URLS.SDS,
            value: encoded.get(name)!.bytes,
          })),
        }),
      ),
    )
  }
  // Certificate and roots change together; one turn of the loop gathers them.
  const plan = () => {
    if (isPlanned) return
    isPlanned = true
    setImmediate(() => {
      if (!call.cancelled && !call.destroyed) push()
    })
  }

  call.on('data', (bytes: Buffer) => {
    try {
      const request = requests.decode(bytes)
      if (request.typeUrl !== undefined && request.typeUrl !== TYPE_URLS.SDS)
        throw new BattenError('XDS_UNKNOWN_TYPE', {
          message: `only secrets are served, not ${request.typeUrl}`,
        })
      const outcome = subscription.request(request)
      if (outcome.acknowledgement === 'nack')
        log.warn('Envoy rejected a secret', { names: [...subscription.names], reason: outcome.error })
      for (const name of subscription.names)
        if (!watches.has(name)) watches.set(name, secrets.watch(name, plan))
      if (outcome.acknowledgement === 'none' || outcome.subscriptionChanged) plan()
    } catch (thrown) {
      call.emit('error', { code: status.INVALID_ARGUMENT, details: errorMessage(thrown) })
    }
  })
  const stop = () => {
    for (const unwatch of watches.values()) unwatch()
    watches.clear()
  }
  call.on('end', () => {
    stop()
    call.end()
  })
  call.on('cancelled', stop)
  call.on('error', stop)
}

const secretCodec = codec('envoy.extensions.transport_sockets.tls.v3.Secret')

function secretMessage(secret: TlsSecret): Parameters<typeof secretCodec.encode>[0] {
  const inline = (pem: string) => ({ inlineBytes: Buffer.from(pem, 'latin1') })
  if (secret.kind === 'validation')
    return { name: secret.name, validationContext: { trustedCa: inline(secret.trustedCa) } }
  return {
    name: secret.name,
    tlsCertificate: {
      certificateChain: inline(secret.certificateChain),
      privateKey: inline(secret.privateKey),
    },
  }
}

/** A socket file whose owner is gone may be replaced; one that somebody answers on may not. */
async function removeStaleSocket(path: string): Promise<void> {
  try {
    if (!lstatSync(path).isSocket()) throw bindError(path, 'there is a file that is no socket')
  } catch (thrown) {
    if (thrown instanceof BattenError) throw thrown
    return
  }
  const isAnswered = await new Promise<boolean>((resolve) => {
    const probe = connect(path)
    probe.on('connect', () => {
      probe.destroy()
      resolve(true)
    })
    probe.on('error', () => resolve(false))
  })
  if (isAnswered) throw bindError(path, 'another process serves secrets there')
  unlinkSync(path)
}

function bindError(path: string, reason: string, cause?: unknown): BattenError {
  return new BattenError('PROXY_SDS_BIND_FAILED', {
    message: `cannot serve secrets: ${reason}`,
    where: path,
    hint: 'choose another path for the socket, at most 100 characters long',
    cause,
  })
}
