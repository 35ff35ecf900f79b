import { describe, expect, it } from 'vitest'
import { type AnalysisMessage, analyze } from '../src/analyze/index.ts'
import { fromYaml } from '../src/yaml/parse.ts'
import { CORPUS, corpusText, hasCorpus } from './corpus.ts'

/** A case of `expected.json`. */
interface CorpusCase {
  readonly name: string
  readonly inputs: readonly string[]
  readonly analyzer: string
  readonly meshConfig: string | null
  readonly meshNetworks: string | null
  readonly expected: readonly { readonly code: string; readonly level: string; readonly resource: string }[]
}

/** Names of Istio's analyzers where its source calls them otherwise than its list. */
const NAMES: Readonly<Record<string, string>> = {
  'annotations.AlphaAnalyzer': 'maturity.AlphaAnalyzer',
  'authz.AuthorizationPoliciesAnalyzer': 'auth.AuthorizationPoliciesAnalyzer',
  'deployment.ApplicationUIDAnalyzer': 'applicationUID.Analyzer',
  'deployment.ServiceAssociationAnalyzer': 'deployment.MultiServiceAnalyzer',
  'deprecation.FieldAnalyzer': 'deprecation.DeprecationAnalyzer',
  'multicluster.MeshNetworksAnalyzer': 'meshnetworks.MeshNetworksAnalyzer',
  'schemaValidation.CollectionValidationAnalyzer(collections.VirtualService)':
    'schema.ValidationAnalyzer.VirtualService',
}

function analyzerName(text: string): string {
  const name = text.replace(/^&|\{\}$/g, '')
  return NAMES[name] ?? name
}

function found(one: CorpusCase): AnalysisMessage[] {
  const input = (name: string): string => corpusText(`analysis/inputs/${name}`)
  const configs = [one.meshConfig, one.meshNetworks]
  const documents = one.inputs
    .filter((name) => !configs.includes(name))
    .flatMap((name) => fromYaml(input(name), { file: name }).documents)
  return analyze(documents, {
    analyzers: [analyzerName(one.analyzer)],
    ...(one.meshConfig === null ? {} : { meshConfig: input(one.meshConfig) }),
    ...(one.meshNetworks === null ? {} : { meshNetworks: input(one.meshNetworks) }),
    // Certificates of the corpus are judged at the time of its release.
    now: Date.parse('2026-08-22T00:00:00Z'),
  })
}

const isRequired = process.env['CI'] === 'true'

describe.skipIf(!hasCorpus && !isRequired)(`Istio's analyzer cases, from ${CORPUS}`, () => {
  const cases: CorpusCase[] = hasCorpus ? JSON.parse(corpusText('analysis/expected.json')) : []

  it('are there', () => {
    expect(cases.length, 'put the corpus beside the checkout, or set BATTEN_CORPUS').toBeGreaterThan(50)
  })

  it.each(cases.map((one) => [`${one.name} (${one.inputs.join(', ')})`, one] as const))('%s', (_, one) => {
    const messages = found(one)
    expect(messages.map(({ code, level, origin }) => `${level} ${code} ${origin}`).sort()).toEqual(
      one.expected.map(({ code, level, resource }) => `${level} ${code} ${resource}`).sort(),
    )
    for (const { reference, message } of messages) {
      // Mesh networks come from no file here.
      if (one.meshNetworks === null) expect(reference, message).toMatch(/\.yaml:\d+$/)
    }
  })
})
