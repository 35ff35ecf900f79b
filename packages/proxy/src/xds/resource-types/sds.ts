import type { Clock, Logger } from '@batten/core'
import { codec, TYPE_URLS } from '@batten/xds'
import { compileSecret } from '../../config/compile-secret.ts'
import { FieldPath } from '../../config/field-path.ts'
import { MessageReader } from '../../config/message-reader.ts'
import type { ResourceReference } from '../../config/resource-references.ts'
import { decodeStrict } from '../../config/unpack.ts'
import { configErrorText } from '../../errors.ts'
import type { SecretStore, TlsSecret } from '../../tls/tls-config.ts'
import { type NamedResource, NamedResources } from '../named-resources.ts'
import type { ArrivedResource, RejectedResource, ResourceHandler } from '../resource-handler.ts'
import type { SourceRouter } from '../sources.ts'

const MESSAGE = 'envoy.extensions.transport_sockets.tls.v3.Secret'

/** What the config dump may tell of a secret. */
export interface SecretRecord {
  readonly name: string
  readonly version: string
  readonly updatedMs: number
  readonly message: string | undefined
}

/**
 * TLS certificates and trusted roots. Whoever delivers them (ADS, an SDS server, a file, the proxy's own identity)
 * writes to the one {@link SecretStore}; contexts read it there, so a rotation reaches them without further ado.
 */
export class SecretResources implements ResourceHandler {
  readonly typeUrl = TYPE_URLS.SDS
  readonly shortName = 'sds'
  readonly #store: SecretStore
  readonly #clock: Clock
  readonly #secrets: NamedResources<TlsSecret>
  readonly #watches = new Map<string, () => void>()
  readonly #inlineUsers = new Map<string, number>()
  readonly #records = new Map<string, SecretRecord>()

  constructor(router: SourceRouter, store: SecretStore, clock: Clock, log: Logger) {
    this.#store = store
    this.#clock = clock
    this.#secrets = new NamedResources(this.typeUrl, 'secret', router, clock, log)
  }

  /** Without values: key material is in the store only. */
  dump(): SecretRecord[] {
    return [...this.#records.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  has(name: string): boolean {
    return this.#store.get(name) !== undefined
  }

  acquire(reference: ResourceReference): NamedResource<TlsSecret> {
    const { name } = reference
    const secret = this.#secrets.acquire(reference)
    if (!this.#watches.has(name)) {
      const check = () => {
        if (this.#store.get(name) !== undefined) secret.gate.open()
      }
      this.#watches.set(name, this.#store.watch(name, check))
      check()
    }
    return secret
  }

  release(name: string): void {
    if (!this.#secrets.release(name)) return
    this.#watches.get(name)?.()
    this.#watches.delete(name)
    // What ADS delivered goes with its last user; an identity and static secrets stay.
    if (this.#records.delete(name)) this.#store.remove(name)
  }

  /** Material that stood in a resource itself. */
  acquireInline(secret: TlsSecret): void {
    this.#inlineUsers.set(secret.name, (this.#inlineUsers.get(secret.name) ?? 0) + 1)
    this.#store.set(secret)
  }

  releaseInline(name: string): void {
    const users = (this.#inlineUsers.get(name) ?? 0) - 1
    if (users > 0) this.#inlineUsers.set(name, users)
    else {
      this.#inlineUsers.delete(name)
      this.#store.remove(name)
    }
  }

  nameOf(value: Uint8Array): string {
    return codec(MESSAGE).decode(value).name ?? ''
  }

  /** Secrets that are taken away stay in use, as in Envoy. */
  apply(arrived: readonly ArrivedResource[]): RejectedResource[] {
    const rejected: RejectedResource[] = []
    for (const { name, version, value } of arrived) {
      if (this.#secrets.get(name) === undefined) continue
      const updatedMs = this.#clock.now()
      try {
        const at = FieldPath.of('secret', name)
        const secret = compileSecret(new MessageReader(decodeStrict(MESSAGE, value, at), 'Secret', at), name)
        this.#records.set(name, { name, version, updatedMs, message: undefined })
        this.#store.set(secret)
      } catch (thrown) {
        const message = configErrorText(thrown)
        const last = this.#records.get(name)
        if (last !== undefined) this.#records.set(name, { ...last, message })
        rejected.push({ name, message })
      }
    }
    return rejected
  }

  close(): void {
    this.#secrets.close()
    for (const stop of this.#watches.values()) stop()
  }
}
