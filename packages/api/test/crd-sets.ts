import { readdirSync, readFileSync } from 'node:fs'
import type { CustomResourceDefinition } from '../src/crd/schema.ts'
import { fromYaml } from '../src/yaml/parse.ts'
import { corpusText, hasCorpus } from './corpus.ts'

const folder = new URL('../src/gen/crds/', import.meta.url)

/** Our CRDs of Istio's kinds. */
export function ourCrds(): Map<string, CustomResourceDefinition> {
  const names = readdirSync(folder).filter((name) => name.includes('.istio.io_'))
  return byKind(names.map((name) => readFileSync(new URL(name, folder), 'utf8')).join('---\n'))
}

/** Istio's CRDs; empty without the corpus. */
export function theirCrds(): Map<string, CustomResourceDefinition> {
  return hasCorpus ? byKind(corpusText('crds/crd-all.gen.yaml')) : new Map()
}

function byKind(text: string): Map<string, CustomResourceDefinition> {
  const crds = fromYaml(text).objects.map(({ object }) => object as unknown as CustomResourceDefinition)
  return new Map(crds.map((crd) => [crd.spec.names.kind, crd]))
}
