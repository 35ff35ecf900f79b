import { type Logger, systemClock } from '@batten/core'
import { type AuthorityOptions, CertificateAuthority } from './authority.ts'
import { createRoot, readRoots, rootsToMaterial, type StoredRoots, writeRoots } from './root-store.ts'
import { RootRotation, type RotationOptions } from './rotation.ts'

export interface SelfSignedOptions extends AuthorityOptions {
  /**
   * Keeps the root across restarts: `ca-cert.pem`, `ca-key.pem` (mode 0600), `cert-chain.pem`, `root-cert.pem`, as
   * Istio names them. Without it the root lives as long as the process. One process at a time owns a directory.
   */
  readonly directory?: string
  /** Lifetime of the root. Default: 10 years. */
  readonly rootTtlMs?: number
  /** When and how the root is replaced. */
  readonly rotation?: RotationOptions
  readonly log?: Logger
}

/** A {@link CertificateAuthority} with a root of its own, which it also replaces in time. */
export class SelfSignedAuthority extends CertificateAuthority {
  readonly rotation: RootRotation

  constructor(stored: StoredRoots, options: SelfSignedOptions) {
    const clock = options.clock ?? systemClock
    super(rootsToMaterial(stored, clock.now(), options.directory), options)
    this.rotation = new RootRotation(this, stored, options)
  }

  override close(): void {
    this.rotation.close()
    super.close()
  }
}

/**
 * An authority with a root of its own (ECDSA P-256), made on first use.
 *
 * @throws BattenError `CA_DIRECTORY`
 * @example
 * const ca = createSelfSignedAuthority({ directory: '/var/lib/batten/ca' })
 */
export function createSelfSignedAuthority(options: SelfSignedOptions = {}): SelfSignedAuthority {
  const { directory } = options
  const found = directory === undefined ? undefined : readRoots(directory)
  if (found !== undefined) return new SelfSignedAuthority(found, options)
  const now = (options.clock ?? systemClock).now()
  const root = createRoot(options.trustDomain ?? 'cluster.local', now, options.rootTtlMs)
  const stored = { current: root, next: undefined, trusted: [root.certificate] }
  if (directory !== undefined) writeRoots(directory, stored)
  return new SelfSignedAuthority(stored, options)
}
