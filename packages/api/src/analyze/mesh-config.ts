import { BattenError, errorMessage } from '@batten/core/errors'
import { isFields } from '../validate/check.ts'
import { type ParsedDocument, parseDocuments } from '../yaml/parse.ts'
import { listAt, textAt, valueAt } from './loose.ts'
import { type Resource, resourceOf } from './resource.ts'

/** A mesh configuration, or mesh networks: YAML, a document of it (`parseDocuments`), or what it says. */
export type ConfigInput = string | ParsedDocument | Readonly<Record<string, unknown>>

/** The parts of the mesh configuration that analyzers read, with Istio's defaults. */
export class MeshConfig {
  readonly value: unknown

  constructor(value: unknown) {
    this.value = value
  }

  /** Namespace whose policies hold for the whole mesh. */
  get rootNamespace(): string {
    return textAt(this.value, 'rootNamespace') || 'istio-system'
  }

  get ingressService(): string {
    return textAt(this.value, 'ingressService') || 'istio-ingressgateway'
  }

  /** Whether the mesh serves Ingresses, which is when an installation has an ingress gateway. */
  get hasIngress(): boolean {
    return textAt(this.value, 'ingressControllerMode') !== 'OFF'
  }

  /** Who sees objects of a kind that do not say it. */
  exportTo(kind: 'Service' | 'VirtualService' | 'DestinationRule'): readonly string[] {
    const found = this.texts(`default${kind}ExportTo`)
    return found.length === 0 ? ['*'] : found
  }

  /** A variable that proxies get. */
  proxyMetadata(name: string): string | undefined {
    const value = valueAt(this.value, 'defaultConfig', 'proxyMetadata', name)
    return value === undefined || value === null ? undefined : String(value)
  }

  get imageType(): string | undefined {
    return textAt(this.value, 'defaultConfig', 'image', 'imageType')
  }

  /** Providers that Telemetry and AuthorizationPolicy can name. */
  get extensionProviders(): readonly {
    readonly name: string
    readonly value: unknown
    readonly index: number
  }[] {
    return listAt(this.value, 'extensionProviders').map((value, index) => ({
      name: textAt(value, 'name') ?? '',
      value,
      index,
    }))
  }

  /** Providers that are used where a Telemetry names none. */
  defaultProviders(signal: 'accessLogging' | 'metrics' | 'tracing'): readonly string[] {
    return this.texts('defaultProviders', signal)
  }

  private texts(...path: readonly string[]): readonly string[] {
    return listAt(this.value, ...path).filter((item) => typeof item === 'string')
  }
}

/** Mesh configuration and mesh networks, and what of them cannot be read: the ConfigMap, its entry, and why. */
export interface MeshConfigs {
  readonly meshConfig: MeshConfig
  readonly meshNetworks: Resource | undefined
  readonly unread: readonly (readonly [configMap: Resource, key: string, problem: string])[]
}

/**
 * Reads what was given, or what the ConfigMap `istio` among what is analyzed says.
 *
 * @throws BattenError `ANALYZE_CONFIG_UNREADABLE` for what was given and is no YAML
 */
export function configsOf(
  given: { readonly meshConfig?: ConfigInput; readonly meshNetworks?: ConfigInput },
  configMaps: readonly Resource[],
): MeshConfigs {
  const unread: [Resource, string, string][] = []
  const config = (input: ConfigInput | undefined, key: string): ReadConfig | undefined => {
    if (input !== undefined) return readConfig(input)
    const configMap = istioConfigMap(configMaps)
    const text = configMap === undefined ? undefined : textAt(configMap.fields, 'data', key)
    if (configMap === undefined || text === undefined) return undefined
    try {
      return readConfig(text)
    } catch (thrown) {
      unread.push([configMap, key, errorMessage(thrown)])
      return undefined
    }
  }
  const mesh = config(given.meshConfig, 'mesh')
  const networks = config(given.meshNetworks, 'meshNetworks')
  return {
    meshConfig: new MeshConfig(mesh === undefined ? {} : configValue(mesh)),
    meshNetworks: networks === undefined ? undefined : networksResource(networks),
    unread,
  }
}

/** Mesh networks as an object that messages can name. */
function networksResource({ value, document }: ReadConfig): Resource | undefined {
  const object = {
    apiVersion: 'mesh.istio.io/v1alpha1',
    kind: 'MeshNetworks',
    metadata: { name: 'meshnetworks', namespace: 'istio-system' },
    ...(isFields(value) ? { networks: value['networks'] } : {}),
  }
  const parsed =
    document === undefined
      ? undefined
      : {
          object,
          file: document.file,
          index: document.index,
          position: document.position,
          comment: undefined,
        }
  return resourceOf(object, parsed, {})
}

function istioConfigMap(configMaps: readonly Resource[]): Resource | undefined {
  return configMaps.find(({ name, namespace }) => name === 'istio' && namespace === 'istio-system')
}

/** What a configuration is, also inside an IstioOperator. */
function configValue({ value }: ReadConfig): unknown {
  const meshConfig = valueAt(value, 'spec', 'meshConfig')
  return textAt(value, 'kind') === 'IstioOperator' && isFields(meshConfig) ? meshConfig : value
}

interface ReadConfig {
  readonly value: unknown
  readonly document: ParsedDocument | undefined
}

function readConfig(input: ConfigInput): ReadConfig {
  if (typeof input !== 'string' && !isDocument(input)) return { value: input, document: undefined }
  const document = typeof input === 'string' ? parseDocuments(input)[0] : input
  // A MeshConfig is no object of Kubernetes, which is all that may be wrong with it.
  const problem = document?.value === undefined ? document?.findings[0] : undefined
  if (problem === undefined) return { value: document?.value ?? {}, document }
  throw new BattenError('ANALYZE_CONFIG_UNREADABLE', {
    message: `the mesh configuration cannot be read: ${problem.message}`,
    hint: problem.hint ?? 'it must be YAML, as in the ConfigMap istio',
    where: `${problem.file ?? 'line '}${problem.file === undefined ? '' : ':'}${problem.range?.line ?? 1}`,
  })
}

function isDocument(input: Exclude<ConfigInput, string>): input is ParsedDocument {
  return Array.isArray(input['findings']) && typeof input['position'] === 'function'
}
