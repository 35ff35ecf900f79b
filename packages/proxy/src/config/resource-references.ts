import { createHash } from 'node:crypto'
import type { Any } from '@batten/xds'
import type { Slot } from '../http/connection-manager-config.ts'
import type { HttpFilterFactory } from '../http/filter.ts'
import type { RouteConfig } from '../http/route/route-config.ts'
import type { TlsSecret } from '../tls/tls-config.ts'
import type { CompiledConfigSource } from './compile-config-source.ts'
import type { FieldPath } from './field-path.ts'

/** A reference from one resource to another by name. */
export interface ResourceReference extends CompiledConfigSource {
  readonly name: string
}

/** A connection manager that takes its routes from RDS. */
export interface RouteReference extends ResourceReference {
  readonly slot: Slot<RouteConfig>
}

/** A place in a filter chain that takes its filter from ECDS. */
export interface ExtensionReference extends ResourceReference {
  readonly slot: Slot<HttpFilterFactory>
  /** Compiles what arrives for this place. Throws a BattenError. */
  readonly compile: (config: Any, at: FieldPath) => HttpFilterFactory
  /** `default_config`, compiled: used when nothing arrives in time. */
  readonly fallback: HttpFilterFactory | undefined
  /** `apply_default_config_without_warming`: the listener does not wait. */
  readonly withoutWarming: boolean
}

/**
 * What a resource that is being compiled needs of others. Compiling only records; `xds/` subscribes, warms and fills
 * the slots, so that compiling a resource that is then refused has no effect.
 */
export class ResourceReferences {
  readonly secrets = new Map<string, ResourceReference>()
  /** Key material that stood in the resource itself, under a name made of its hash. */
  readonly inlineSecrets = new Map<string, TlsSecret>()
  readonly routes: RouteReference[] = []
  readonly extensions: ExtensionReference[] = []
  /** Clusters that traffic may go to, as far as the configuration tells. */
  readonly clusters = new Set<string>()

  /** Records material that is not from SDS; returns the name under which it will be found. */
  addInlineCertificate(certificateChain: string, privateKey: string): string {
    const name = `inline:${hash(certificateChain, privateKey)}`
    this.inlineSecrets.set(name, { kind: 'certificate', name, certificateChain, privateKey })
    return name
  }

  addInlineTrustedCa(trustedCa: string): string {
    const name = `inline:${hash(trustedCa)}`
    this.inlineSecrets.set(name, { kind: 'validation', name, trustedCa })
    return name
  }
}

function hash(...parts: readonly string[]): string {
  const digest = createHash('sha256')
  for (const part of parts) digest.update(`${part.length}:`).update(part)
  return digest.digest('hex').slice(0, 32)
}
