import { describe, expect, it } from 'vitest'
import { parseDocuments } from '../../yaml/parse.ts'
import type { AnalysisMessage } from '../message.ts'
import { githubOutput } from './github.ts'
import { jsonOutput } from './json.ts'
import { logOutput } from './log.ts'
import { sarifOutput } from './sarif.ts'
import { yamlOutput } from './yaml.ts'

const PAGES = 'https://istio.io/latest/docs/reference/config/analysis/'

const inFile: AnalysisMessage = {
  code: 'IST0101',
  name: 'ReferencedResourceNotFound',
  level: 'Error',
  message: 'Referenced host not found: "crat"',
  origin: 'VirtualService shop/cart',
  reference: 'shop, eu/cart.yaml:3',
  documentationUrl: `${PAGES}ist0101/`,
  path: 'spec.host',
  range: { line: 3, column: 9, endLine: 3, endColumn: 13 },
  file: 'shop, eu/cart.yaml',
  hint: 'Correct the name.',
}

const without: AnalysisMessage = {
  code: 'IST0102',
  name: 'NamespaceNotInjected',
  level: 'Info',
  message: '100% not\ninjected',
  origin: 'Namespace shop',
  reference: '',
  documentationUrl: `${PAGES}ist0102/`,
  path: 'metadata.name',
  range: undefined,
  file: undefined,
  hint: 'Label it.',
}

const both = [inFile, without]

const printed = [
  {
    code: 'IST0101',
    documentationUrl: `${PAGES}ist0101/`,
    level: 'Error',
    message: 'Referenced host not found: "crat"',
    origin: 'VirtualService shop/cart',
    reference: 'shop, eu/cart.yaml:3',
  },
  {
    code: 'IST0102',
    documentationUrl: `${PAGES}ist0102/`,
    level: 'Info',
    message: '100% not\ninjected',
    origin: 'Namespace shop',
    reference: '',
  },
]

describe('the log', () => {
  it('has a line for each message', () => {
    expect(logOutput(both)).toBe(
      'Error [IST0101] (VirtualService shop/cart shop, eu/cart.yaml:3) Referenced host not found: "crat"\n' +
        'Info [IST0102] (Namespace shop) 100% not injected\n',
    )
  })

  it('shows the lines of the file when it has them', () => {
    const sourceOf = (file: string): string | undefined =>
      file === 'shop, eu/cart.yaml' ? 'kind: X\nspec:\n  host: crat\n' : undefined
    expect(logOutput([inFile], { sourceOf })).toBe(
      'Error [IST0101] (VirtualService shop/cart shop, eu/cart.yaml:3) Referenced host not found: "crat"\n' +
        '   1 | kind: X\n' +
        '   2 | spec:\n' +
        ' > 3 |   host: crat\n' +
        '     |         ^^^^\n' +
        '  hint: Correct the name.   docs: batten explain IST0101\n',
    )
  })

  it('colours levels when asked to', () => {
    expect(logOutput([without], { isColored: true })).toBe(
      '\u001b[32mInfo\u001b[0m [IST0102] (Namespace shop) 100% not injected\n',
    )
  })

  it('does not let names steer the terminal', () => {
    expect(logOutput([{ ...without, message: 'a\u001b[2Jb' }])).toBe(
      'Info [IST0102] (Namespace shop) a [2Jb\n',
    )
  })
})

describe('JSON and YAML', () => {
  it('are those of istioctl', () => {
    expect(JSON.parse(jsonOutput(both))).toEqual(printed)
    expect(parseDocuments(yamlOutput(both))[0]?.value).toEqual(printed)
  })

  it('are lists of nothing, too', () => {
    expect(jsonOutput([])).toBe('[]\n')
    expect(yamlOutput([])).toBe('[]\n')
  })
})

it('workflow commands escape what GitHub would take for syntax', () => {
  expect(githubOutput(both)).toBe(
    '::error file=shop%2C eu/cart.yaml,line=3,endLine=3,col=9,endColumn=13,title=IST0101 ReferencedResourceNotFound::VirtualService shop/cart: Referenced host not found: "crat"%0Ahint: Correct the name.\n' +
      '::notice title=IST0102 NamespaceNotInjected::Namespace shop: 100%25 not%0Ainjected%0Ahint: Label it.\n',
  )
})

it('SARIF has rules, regions and logical places', () => {
  const log = JSON.parse(sarifOutput(both, { version: '1.2.3' }))
  expect(log.version).toBe('2.1.0')
  const [run] = log.runs
  expect(run.tool.driver.version).toBe('1.2.3')
  expect(run.tool.driver.rules.map(({ id }: { id: string }) => id)).toEqual(['IST0101', 'IST0102'])
  expect(run.results).toEqual([
    {
      ruleId: 'IST0101',
      ruleIndex: 0,
      level: 'error',
      message: { text: 'VirtualService shop/cart: Referenced host not found: "crat"\nCorrect the name.' },
      locations: [
        {
          physicalLocation: {
            artifactLocation: { uri: 'shop%2C%20eu/cart.yaml' },
            region: { startLine: 3, startColumn: 9, endLine: 3, endColumn: 13 },
          },
          logicalLocations: [{ fullyQualifiedName: 'VirtualService shop/cart spec.host', kind: 'object' }],
        },
      ],
      partialFingerprints: {
        'batten/v1': 'IST0101 VirtualService shop/cart spec.host Referenced host not found: "crat"',
      },
    },
    {
      ruleId: 'IST0102',
      ruleIndex: 1,
      level: 'note',
      message: { text: 'Namespace shop: 100% not\ninjected\nLabel it.' },
      locations: [
        { logicalLocations: [{ fullyQualifiedName: 'Namespace shop metadata.name', kind: 'object' }] },
      ],
      partialFingerprints: { 'batten/v1': 'IST0102 Namespace shop metadata.name 100% not\ninjected' },
    },
  ])
})
