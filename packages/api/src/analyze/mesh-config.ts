import { BattenError } from '@batten/core/errors'
import { isFields } from '../validate/check.ts'
import { parseDocuments } from '../yaml/parse.ts'
import { listAt, textAt, valueAt } from './loose.ts'
import type { Resource } from './resource.ts'

/** A mesh configuration, or mesh networks: YAML, or what the YAML says. */
export type ConfigInput = string | Readonly<Record<string, unknown>>

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

  get ingressSelector(): string {
    return textAt(this.value, 'ingressSelector') || 'ingressgateway'
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

/** Reads the mesh configuration that was given, or the one of the ConfigMap `istio` among what is analyzed. */
export function meshConfigOf(input: ConfigInput | undefined, configMaps: readonly Resource[]): MeshConfig {
  if (input !== undefined) return new MeshConfig(configValue(input))
  const text = istioConfigMap(configMaps, 'mesh')
  return new MeshConfig(text === undefined ? {} : configValue(text))
}

/** Reads the mesh networks that were given, or those of the ConfigMap `istio`. */
export function meshNetworksOf(input: ConfigInput | undefined, configMaps: readonly Resource[]): unknown {
  const found = input ?? istioConfigMap(configMaps, 'meshNetworks')
  return found === undefined ? undefined : configValue(found)
}

function istioConfigMap(configMaps: readonly Resource[], key: string): string | undefined {
  const found = configMaps.find(({ name, namespace }) => name === 'istio' && namespace === 'istio-system')
  return found === undefined ? undefined : textAt(found.fields, 'data', key)
}

/** What a text says, also inside an object with a `spec` or a `mesh` of an IstioOperator. */
function configValue(input: ConfigInput): unknown {
  const value = typeof input === 'string' ? readConfig(input) : input
  const meshConfig = valueAt(value, 'spec', 'meshConfig')
  return textAt(value, 'kind') === 'IstioOperator' && isFields(meshConfig) ? meshConfig : value
}

function readConfig(text: string): unknown {
  const [document] = parseDocuments(text)
  const problem = document?.findings[0]
  if (problem === undefined) return document?.value ?? {}
  throw new BattenError('ANALYZE_CONFIG_UNREADABLE', {
    message: `the mesh configuration cannot be read: ${problem.message}`,
    hint: problem.hint ?? 'it must be YAML, as in the ConfigMap istio',
    where: `line ${problem.range?.line ?? 1}`,
  })
}
