import { dirname, join } from 'node:path'
import type { WasmPlugin, WasmPluginSpec } from '@batten/api'
import { defineQuery } from './incremental.ts'
import { DEFAULT_NAMESPACE, objectKey } from './object-key.ts'
import type { MeshSnapshot } from './snapshot.ts'

/** A WasmPlugin. */
export interface MeshWasmPlugin {
  readonly key: string
  readonly name: string
  readonly namespace: string
  readonly creationTimestamp: string
  /** undefined: every workload of the namespace, or of the mesh in the root namespace. */
  readonly selector: Readonly<Record<string, string>> | undefined
  /** Names of the Gateways it is for (targetRefs); empty: by selector. */
  readonly targets: readonly { readonly kind: string; readonly name: string }[]
  readonly spec: WasmPluginSpec
  readonly module: WasmModuleRef
  /** Key of its module in the table of modules. */
  readonly moduleKey: string
}

/** A module that a plugin names, as far as it was fetched. */
export interface WasmModule {
  readonly url: string
  /** SHA-256 of the bytes, hexadecimal. */
  readonly sha256: string
  /** undefined until the module was fetched once. */
  readonly bytes: Uint8Array | undefined
}

/** A module to fetch. */
export interface WasmModuleRef {
  readonly url: string
  /** Expected SHA-256; empty accepts any. */
  readonly sha256: string
}

/** Fetches modules and keeps them fresh; `@batten/control-plane`'s ingest has the real one. */
export interface WasmModuleSource {
  /**
   * The modules that are wanted from now on. `changed` is called whenever a module arrived, changed or failed; what
   * is no longer wanted is forgotten.
   */
  want(refs: readonly WasmModuleRef[], changed: () => void): void
  /** By {@link wasmModuleKey}; a module that cannot be fetched has no bytes, or the last good ones. */
  readonly modules: ReadonlyMap<string, WasmModule>
  /** Why a module cannot be fetched, by {@link wasmModuleKey}. */
  readonly failures: ReadonlyMap<string, { readonly message: string; readonly hint?: string }>
  close(): Promise<void>
}

/** Key of a module in the tables: same URL and same expected hash is the same module. */
export function wasmModuleKey(ref: WasmModuleRef): string {
  return ref.sha256 === '' ? ref.url : `${ref.url}#${ref.sha256}`
}

/** Reads a WasmPlugin; `file` is where it stands, when it stands in a file. */
export function wasmPluginOf(object: WasmPlugin, file?: string): MeshWasmPlugin {
  const spec = object.spec
  const labels = spec.selector?.matchLabels ?? {}
  const module = moduleRef(spec, file)
  const targetRefs = [...(spec.targetRefs ?? []), ...(spec.targetRef === undefined ? [] : [spec.targetRef])]
  return {
    key: objectKey(object),
    name: object.metadata?.name ?? '',
    namespace: object.metadata?.namespace ?? DEFAULT_NAMESPACE,
    creationTimestamp: object.metadata?.creationTimestamp ?? '',
    selector: Object.keys(labels).length === 0 ? undefined : labels,
    targets: targetRefs.map(({ kind, name }) => ({ kind, name })),
    spec,
    module,
    moduleKey: wasmModuleKey(module),
  }
}

/**
 * The module that a plugin names. A URL without a scheme is an image of a registry; `file://` with a relative path
 * starts at the file that the plugin stands in.
 */
function moduleRef(spec: WasmPluginSpec, file: string | undefined): WasmModuleRef {
  const url = spec.url.includes('://') ? spec.url : `oci://${spec.url}`
  const sha256 = spec.sha256 ?? ''
  const path = url.startsWith('file://') ? url.slice('file://'.length) : undefined
  if (path === undefined || path.startsWith('/') || file === undefined) return { url, sha256 }
  return { url: `file://${join(dirname(file), path)}`, sha256 }
}

/** A plugin by its object key. */
export const pluginByKey = defineQuery<MeshSnapshot, MeshWasmPlugin | undefined>(
  'plugin-by-key',
  (read, key) => {
    const namespace = key!.split('/')[2]!
    return read.entry('wasmPlugins', namespace)?.find((plugin) => plugin.key === key)
  },
)
