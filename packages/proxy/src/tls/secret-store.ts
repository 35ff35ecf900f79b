import type { SecretStore, TlsSecret } from './tls-config.ts'

export type { SecretStore, TlsSecret } from './tls-config.ts'

/**
 * Makes an empty {@link SecretStore}. SDS, static bootstrap secrets and the workload's own identity all write to the
 * one store of a proxy; TLS contexts read it.
 */
export function createSecretStore(): SecretStore {
  return new MemorySecretStore()
}

class MemorySecretStore implements SecretStore {
  readonly #secrets = new Map<string, TlsSecret>()
  readonly #watchers = new Map<string, Set<() => void>>()

  get(name: string): TlsSecret | undefined {
    return this.#secrets.get(name)
  }

  names(): readonly string[] {
    return [...this.#secrets.keys()].sort()
  }

  set(secret: TlsSecret): void {
    const old = this.#secrets.get(secret.name)
    if (old !== undefined && isSameSecret(old, secret)) return
    this.#secrets.set(secret.name, secret)
    this.#notify(secret.name)
  }

  remove(name: string): void {
    if (this.#secrets.delete(name)) this.#notify(name)
  }

  watch(name: string, changed: () => void): () => void {
    let watchers = this.#watchers.get(name)
    if (watchers === undefined) this.#watchers.set(name, (watchers = new Set()))
    // An own function each time, so that the same callback may watch twice.
    const watcher = () => changed()
    watchers.add(watcher)
    return () => {
      watchers.delete(watcher)
      if (watchers.size === 0 && this.#watchers.get(name) === watchers) this.#watchers.delete(name)
    }
  }

  #notify(name: string): void {
    for (const watcher of [...(this.#watchers.get(name) ?? [])]) watcher()
  }
}

function isSameSecret(a: TlsSecret, b: TlsSecret): boolean {
  if (a.kind === 'certificate')
    return (
      b.kind === 'certificate' && a.certificateChain === b.certificateChain && a.privateKey === b.privateKey
    )
  return b.kind === 'validation' && a.trustedCa === b.trustedCa && a.revoked === b.revoked
}
