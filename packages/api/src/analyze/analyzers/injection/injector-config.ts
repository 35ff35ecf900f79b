import type { AnalysisContext } from '../../context.ts'
import { textAt, valueAt } from '../../loose.ts'

/** Name of the ConfigMap of the injector; those of revisions have the revision after it. */
const CONFIG_MAP = 'istio-sidecar-injector'

/** What the injector of a revision does. */
export interface InjectorConfig {
  /** Revision; empty for the default one. */
  readonly revision: string
  /** Image of the sidecar, when the values say it. */
  readonly image: string | undefined
  /** Whether namespaces without any label are injected. */
  readonly byDefault: boolean
}

/** Injectors by revision, as their ConfigMaps say. */
export function injectorConfigs(context: AnalysisContext): Map<string, InjectorConfig> {
  const out = new Map<string, InjectorConfig>()
  for (const { name, fields } of context.all('/ConfigMap')) {
    if (name !== CONFIG_MAP && !name.startsWith(`${CONFIG_MAP}-`)) continue
    const values = parseJson(textAt(fields, 'data', 'values') ?? '')
    const revision = name === CONFIG_MAP ? '' : name.slice(CONFIG_MAP.length + 1)
    out.set(revision, {
      revision,
      image: proxyImage(values),
      byDefault: valueAt(values, 'sidecarInjectorWebhook', 'enableNamespacesByDefault') === true,
    })
  }
  return out
}

function proxyImage(values: unknown): string | undefined {
  const image = textAt(values, 'global', 'proxy', 'image') ?? ''
  if (image === '') return undefined
  if (image.includes('/')) return image
  const hub = textAt(values, 'global', 'hub')
  const tag = valueAt(values, 'global', 'tag')
  if (hub === undefined || tag === undefined) return undefined
  return `${hub}/${image}:${String(tag)}`
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
