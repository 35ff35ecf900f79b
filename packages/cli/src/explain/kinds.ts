import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { kinds } from '@batten/api'
import type { ExplainedKind, ExplainSchema } from '@batten/api/explain'

/** A kind, or a document, that `batten explain` knows. */
export interface ExplainableKind extends ExplainedKind {
  /** How it may be called: by kind, plural and short names, each also with the group after it. */
  readonly names: readonly string[]
  /** Name that no other kind has. */
  readonly uniqueName: string
  readonly schema: () => ExplainSchema
}

const MESH_DOCS = 'https://istio.io/latest/docs/reference/config/istio.mesh.v1alpha1/'

/** Documents that are no objects. */
const DOCUMENTS: readonly ExplainableKind[] = ['MeshConfig', 'MeshNetworks'].map((kind) => ({
  kind,
  group: 'mesh.istio.io',
  versions: ['v1alpha1'],
  docs: MESH_DOCS,
  names: [kind.toLowerCase()],
  uniqueName: kind,
  schema: () => readSchema(kind),
}))

const described: readonly ExplainableKind[] = kinds
  .filter(({ origin }) => origin !== 'kubernetes')
  .map(({ kind, group, versions, plural, shortNames, docs }) => {
    const short = [kind.toLowerCase(), plural, ...shortNames]
    return {
      kind,
      group,
      versions,
      docs,
      names: [...short, ...short.map((name) => `${name}.${group}`)],
      uniqueName: `${plural}.${group}`,
      schema: () => readSchema(`${group}_${plural}`),
    }
  })

/** Everything that has fields to explain. */
export const explainableKinds: readonly ExplainableKind[] = [...described, ...DOCUMENTS]

/** Kinds of Kubernetes itself, by all their names. */
export const kubernetesNames: ReadonlySet<string> = new Set(
  kinds
    .filter(({ origin }) => origin === 'kubernetes')
    .flatMap(({ kind, plural, shortNames }) => [kind.toLowerCase(), plural, ...shortNames]),
)

function readSchema(name: string): ExplainSchema {
  const path = fileURLToPath(import.meta.resolve(`@batten/api/json-schema/${name}.json`))
  return JSON.parse(readFileSync(path, 'utf8')) as ExplainSchema
}
