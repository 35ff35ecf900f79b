import { TYPE_URLS } from '@batten/xds'
import type { FieldPath } from '../config/field-path.ts'
import type { ResourceReferences } from '../config/resource-references.ts'
import type { ExtensionResources } from './resource-types/ecds.ts'
import type { RouteResources } from './resource-types/rds.ts'
import type { SecretResources } from './resource-types/sds.ts'
import type { SourceRouter } from './sources.ts'
import type { Gate } from './warming.ts'

/** References of one resource, in use. */
export interface Binding {
  /** All of them open: the resource may be used. */
  readonly gates: readonly Gate[]
  /** Gives everything back. Idempotent. */
  release(): void
}

/** Turns what a compiled resource refers to into subscriptions, and gives them back when it is gone. */
export class ReferenceBinder {
  readonly #router: SourceRouter
  readonly #secrets: SecretResources
  readonly #routes: RouteResources
  readonly #extensions: ExtensionResources

  constructor(
    router: SourceRouter,
    secrets: SecretResources,
    routes: RouteResources,
    extensions: ExtensionResources,
  ) {
    this.#router = router
    this.#secrets = secrets
    this.#routes = routes
    this.#extensions = extensions
  }

  /** @throws BattenError when a reference can never be resolved; nothing is in use then */
  bind(references: ResourceReferences, at: FieldPath): Binding {
    for (const { name, source } of references.secrets.values()) {
      if (source.kind !== 'static') this.#router.check(TYPE_URLS.SDS, source, at)
      else if (!this.#secrets.has(name))
        throw at.invalid(`refers to ${JSON.stringify(name)}, which is not among static_resources.secrets`)
    }
    for (const { source } of references.routes) this.#router.check(TYPE_URLS.RDS, source, at)
    for (const { source } of references.extensions) this.#router.check(TYPE_URLS.ECDS, source, at)

    const gates: Gate[] = []
    const releases: (() => void)[] = []
    const release = () => {
      for (const undo of releases.splice(0)) undo()
    }
    try {
      for (const secret of references.inlineSecrets.values()) {
        this.#secrets.acquireInline(secret)
        releases.push(() => this.#secrets.releaseInline(secret.name))
      }
      for (const reference of references.secrets.values()) {
        gates.push(this.#secrets.acquire(reference).gate)
        releases.push(() => this.#secrets.release(reference.name))
      }
      for (const reference of references.routes) {
        gates.push(this.#routes.acquire(reference).gate)
        releases.push(() => this.#routes.release(reference))
      }
      for (const reference of references.extensions) {
        const { gate } = this.#extensions.acquire(reference)
        if (!reference.withoutWarming) gates.push(gate)
        releases.push(() => this.#extensions.release(reference))
      }
    } catch (thrown) {
      release()
      throw thrown
    }
    return { gates, release }
  }
}
