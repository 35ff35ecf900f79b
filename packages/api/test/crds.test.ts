import { describe, expect, it } from 'vitest'
import type { CustomResourceDefinition } from '../src/crd/schema.ts'
import { hasCorpus } from './corpus.ts'
import { ourCrds, theirCrds } from './crd-sets.ts'

type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

/** A copy without descriptions. Properties that are called `description` stay. */
function bare(value: Json, isProperties = false): Json {
  if (Array.isArray(value)) return value.map((item) => bare(item))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, field]) => isProperties || key !== 'description' || typeof field !== 'string')
      .map(([key, field]) => [key, bare(field, key === 'properties' && !isProperties)]),
  )
}

/** Every node of a tree as `path: value`, containers by their kind. */
function nodes(value: Json, path = ''): string[] {
  if (Array.isArray(value))
    return [`${path}: list of ${value.length}`, ...value.flatMap((item, i) => nodes(item, `${path}[${i}]`))]
  if (typeof value === 'object' && value !== null) {
    return [
      `${path}: map`,
      ...Object.entries(value).flatMap(([key, field]) => nodes(field, `${path}/${key}`)),
    ]
  }
  return [`${path}: ${JSON.stringify(value)}`]
}

describe.runIf(hasCorpus)('our CRDs', () => {
  const theirs = theirCrds()
  const ours = ourCrds()

  it('are for the same kinds as those of Istio', () => {
    expect([...ours.keys()].sort()).toEqual([...theirs.keys()].sort())
  })

  for (const [kind, crd] of theirs) {
    it(`have for ${kind} the same schema, versions, names, columns and subresources, node by node`, () => {
      const expected = nodes(bare(crd.spec as unknown as Json)).sort()
      const found = nodes(bare(ours.get(kind)!.spec as unknown as Json)).sort()
      expect(found.filter((node) => !expected.includes(node)).slice(0, 20)).toEqual([])
      expect(expected.length).toBe(found.length)
    })
  }

  it('say in a sentence of their own what every field means', () => {
    const silent: string[] = []
    const copied: string[] = []
    const texts = new Set<string>()
    const collect = (
      schema: { [key: string]: unknown },
      visit: (path: string, text: unknown) => void,
      path: string,
    ): void => {
      visit(path, schema['description'])
      for (const [key, child] of Object.entries((schema['properties'] as object | undefined) ?? {})) {
        collect(child as { [key: string]: unknown }, visit, `${path}.${key}`)
      }
      if (typeof schema['items'] === 'object')
        collect({ description: '-', ...(schema['items'] as object) }, visit, `${path}[]`)
    }
    const root = (crd: CustomResourceDefinition): { [key: string]: unknown } =>
      ({ description: '-', ...crd.spec.versions[0]!.schema!.openAPIV3Schema! }) as { [key: string]: unknown }
    for (const crd of theirs.values())
      collect(root(crd), (_, text) => typeof text === 'string' && texts.add(text), '')
    for (const [kind, crd] of ours) {
      collect(
        root(crd),
        (path, text) => {
          if (typeof text !== 'string' || text === '') silent.push(`${kind}${path}`)
          else if (texts.has(text) && text.split(' ').length > 4) copied.push(`${kind}${path}: ${text}`)
        },
        '',
      )
    }
    expect({ silent, copied }).toEqual({ silent: [], copied: [] })
  })
})
