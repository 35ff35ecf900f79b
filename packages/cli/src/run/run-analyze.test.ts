import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'

const MAIN = new URL('../main.ts', import.meta.url).href
const FOLDER = mkdtempSync(join(tmpdir(), 'batten-analyze-'))

afterAll(() => rmSync(FOLDER, { recursive: true, force: true }))

interface Ran {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

function batten(args: readonly string[], options: { input?: string; env?: NodeJS.ProcessEnv } = {}): Ran {
  const script = `import { run } from ${JSON.stringify(MAIN)}; await run(process.argv.slice(1))`
  const flags = ['--conditions=@batten/source', '--input-type=module', '-e', script, '--']
  const { FORCE_COLOR: _, GITHUB_WORKSPACE: __, ...inherited } = process.env
  const ran = spawnSync(process.execPath, [...flags, 'analyze', ...args], {
    input: options.input ?? '',
    encoding: 'utf8',
    cwd: FOLDER,
    env: options.env === undefined ? { ...inherited, NO_COLOR: '1' } : { ...inherited, ...options.env },
    timeout: 60_000,
  })
  return { code: ran.status, out: ran.stdout, err: ran.stderr }
}

function write(name: string, text: string): void {
  const path = join(FOLDER, name)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}

/** Codes and origins of `-o json`. */
function found(args: readonly string[], input?: string): string[] {
  const { out } = batten([...args, '-o', 'json'], input === undefined ? {} : { input })
  return (JSON.parse(out) as { code: string; origin: string }[]).map(
    ({ code, origin }) => `${code} ${origin}`,
  )
}

const SHOP = `apiVersion: v1
kind: Namespace
metadata:
  name: shop
  labels: {istio-injection: enabled}
`

const HOST_MISSING = `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: cart, namespace: shop}
spec:
  hosts: [cart.example.com]
  http: [{route: [{destination: {host: crat}}]}]
`

const NOT_INJECTED = 'apiVersion: v1\nkind: Namespace\nmetadata: {name: other}\n'

const NO_NAMESPACE = HOST_MISSING.replace(', namespace: shop', '')

write('mesh/shop.yaml', SHOP)
write('mesh/cart.yaml', HOST_MISSING)
write('mesh/deep/other.yml', NOT_INJECTED)
write('mesh/notes.txt', 'a: [')
write('broken.yaml', `${NOT_INJECTED}---\na: [\n---\n${HOST_MISSING}`)
write('only-broken.yaml', 'a: [\n')

describe('the log', () => {
  it('shows the line, what it means, what to do and where to read more', () => {
    expect(batten(['mesh', '--recursive'])).toEqual({
      code: 79,
      out: `Error [IST0101] (VirtualService shop/cart mesh/cart.yaml:6) Referenced host not found: "crat"
   4 | spec:
   5 |   hosts: [cart.example.com]
 > 6 |   http: [{route: [{destination: {host: crat}}]}]
     |                                        ^^^^
  means: A resource being referenced does not exist.
  hint:  Create what is referenced, or correct its name and namespace.
  more:  batten explain IST0101

Info [IST0102] (Namespace other mesh/deep/other.yml:3) The namespace is not enabled for Istio injection. Run 'kubectl label namespace other istio-injection=enabled' to enable it, or 'kubectl label namespace other istio-injection=disabled' to explicitly mark it as not needing injection.
   1 | apiVersion: v1
   2 | kind: Namespace
 > 3 | metadata: {name: other}
     |                  ^^^^^
  means: A namespace is not enabled for Istio injection.
  hint:  Label the namespace istio-injection=enabled or istio.io/dataplane-mode=ambient, or say with istio-injection=disabled that it stays outside.
  more:  batten explain IST0102

`,
      err: `skipping mesh/notes.txt: only .json, .yaml, .yml are read
× 1 error, 1 info in 3 objects of 3 files
`,
    })
  })

  it('is silent but for the verdict when nothing is found', () => {
    expect(batten(['-'], { input: SHOP })).toEqual({
      code: 0,
      out: '',
      err: '√ no findings in 1 object of 1 file\n',
    })
  })

  it('has colours when they are asked for, and not into a pipe', () => {
    expect(batten(['-', '--color'], { input: NOT_INJECTED }).out).toContain('\u001b[32mInfo\u001b[39m')
    expect(batten(['-'], { input: NOT_INJECTED, env: {} }).out).not.toContain('\u001b')
    expect(
      batten(['-', '--color=false'], { input: NOT_INJECTED, env: { FORCE_COLOR: '1' } }).out,
    ).not.toContain('\u001b')
  })

  it('does not let names steer the terminal', () => {
    const name = '"c\\x1b[2Jrat"'
    expect(batten(['-'], { input: HOST_MISSING.replace('host: crat', `host: ${name}`) }).out).not.toContain(
      '\u001b',
    )
  })
})

describe('the namespace', () => {
  it('limits what is reported, and is that of objects without one', () => {
    expect(found(['-R', 'mesh', '-n', 'shop'])).toEqual(['IST0101 VirtualService shop/cart'])
    expect(found(['-R', 'mesh', '-n', 'other'])).toEqual(['IST0102 Namespace other'])
    expect(found(['-', '-n', 'web'], NO_NAMESPACE)).toEqual(['IST0101 VirtualService web/cart'])
    expect(found(['-'], NO_NAMESPACE)).toEqual(['IST0101 VirtualService cart'])
  })

  it('has no meaning with -A', () => {
    expect(found(['-RA', 'mesh', '-n', 'other'])).toEqual([
      'IST0101 VirtualService shop/cart',
      'IST0102 Namespace other',
    ])
  })
})

describe('suppressions', () => {
  it('may be repeated and have wildcards', () => {
    expect(found(['-R', 'mesh', '-S', 'IST0101=VirtualService cart.shop'])).toEqual([
      'IST0102 Namespace other',
    ])
    expect(found(['-R', 'mesh', '-S', 'IST0101=VirtualService */cart', '-S', 'IST0102=Name*'])).toEqual([])
    expect(found(['-R', 'mesh', '--suppress', 'IST010*=*'])).toEqual([])
  })

  it('may stand in an annotation of the object', () => {
    const annotated = NOT_INJECTED.replace(
      '{name: other}',
      '{name: other, annotations: {galley.istio.io/analyze-suppress: "*"}}',
    )
    expect(found(['-'], annotated)).toEqual([])
  })

  it('are checked', () => {
    expect(batten(['mesh', '-S', 'IST0101'])).toEqual({
      code: 64,
      out: '',
      err: `× "IST0101" is no suppression   [CLI_SUPPRESS]
  hint: write CODE=RESOURCE, as in -S "IST0102=Namespace shop" or -S "IST0103=Pod *.shop"
`,
    })
    expect(batten(['-', '-S', 'IST9999=*'], { input: SHOP })).toEqual({
      code: 0,
      out: '',
      err: `‼ IST9999 is no code of a message: the suppression "IST9999=*" has no effect
√ no findings in 1 object of 1 file
`,
    })
  })
})

describe('thresholds', () => {
  it('decide about the exit code, whatever is printed', () => {
    expect(batten(['-', '--failure-threshold', 'info'], { input: NOT_INJECTED }).code).toBe(79)
    expect(batten(['-', '--failure-threshold=WARNING'], { input: NOT_INJECTED }).code).toBe(0)
    expect(
      batten(['-', '--failure-threshold', 'Info', '--output-threshold', 'Error'], { input: NOT_INJECTED }),
    ).toEqual({
      code: 79,
      out: '',
      err: '× 1 info in 1 object of 1 file; 1 below --output-threshold not shown\n',
    })
    expect(batten(['-', '-o', 'json'], { input: HOST_MISSING }).code).toBe(79)
  })

  it('are one of three words', () => {
    expect(batten(['-', '--failure-threshold', 'fatal'])).toMatchObject({ code: 64, out: '' })
  })
})

describe('files', () => {
  it('below folders are read with --recursive only', () => {
    expect(batten(['mesh', '-S', 'IST0101=*'])).toEqual({
      code: 0,
      out: '',
      err: `skipping mesh/notes.txt: only .json, .yaml, .yml are read
not entering mesh/deep: --recursive reads folders below folders
√ no findings in 2 objects of 2 files
`,
    })
  })

  it('may be links, and count once when they are named twice', () => {
    mkdirSync(join(FOLDER, 'linked'))
    symlinkSync('../mesh/cart.yaml', join(FOLDER, 'linked/cart.yaml'))
    symlinkSync('.', join(FOLDER, 'linked/again'))
    symlinkSync('nowhere.yaml', join(FOLDER, 'linked/dangling.yaml'))
    expect(found(['-R', 'linked', 'linked/cart.yaml', './linked'])).toEqual([
      'IST0101 VirtualService shop/cart',
    ])
  })

  it('that cannot be read are wrong usage', () => {
    expect(batten(['nowhere.yaml'])).toEqual({
      code: 64,
      out: '',
      err: '× cannot read nowhere.yaml: it does not exist   [CLI_INPUT]\n',
    })
    expect(batten([]).err).toContain('× nothing to analyze')
  })

  it('with an unknown ending are left out', () => {
    expect(batten(['mesh/notes.txt'])).toEqual({
      code: 0,
      out: '',
      err: `skipping mesh/notes.txt: only .json, .yaml, .yml are read
‼ there is no file to analyze
√ no findings in 0 objects of 0 files
`,
    })
  })
})

describe('text that is no YAML', () => {
  it('does not hide what is wrong with other documents', () => {
    const { code, out, err } = batten(['broken.yaml'])
    expect(code).toBe(79)
    expect(out).toContain('Error [IST0106] (broken.yaml:5) Schema validation error: ')
    expect(out).toContain('Error [IST0101] (VirtualService shop/cart broken.yaml:12)')
    expect(out).toContain('Info [IST0102] (Namespace other broken.yaml:3)')
    expect(err).toBe('× 2 errors, 1 info in 2 objects of 1 file; 1 document could not be read\n')
  })

  it('is bad data when there is nothing else, and passed over with --ignore-unknown', () => {
    const { code, out } = batten(['only-broken.yaml'])
    expect(code).toBe(65)
    expect(out).toContain(`
  means: A document cannot be read, or holds no object: what it says was not analyzed.
  hint:  Correct the document, or pass over such documents with --ignore-unknown.
`)
    expect(batten(['only-broken.yaml', '--ignore-unknown'])).toEqual({
      code: 0,
      out: '',
      err: '√ no findings in 0 objects of 1 file\n',
    })
    expect(batten(['broken.yaml', '--ignore-unknown', '-o', 'json']).out).not.toContain('IST0106')
  })
})

it('says that templates must be rendered', () => {
  const input = 'a: {{ .Values.a }}\n{{- if .Values.b }}\nb: 1\n{{- end }}\n'
  expect(batten(['-'], { input }).out).toContain('helm template CHART | batten analyze -')
})

describe('the configuration of the mesh', () => {
  const root = (namespace: string): string => `apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: a, namespace: ${namespace}}
spec: {selector: {matchLabels: {app: a}}}
---
apiVersion: v1
kind: Pod
metadata: {name: a, namespace: shop, labels: {app: a}}
spec: {containers: [{name: istio-proxy, image: proxyv2}]}
`

  it('is read from a file, and checked', () => {
    write('mesh.yaml', 'rootNamespace: config\nrootNamespaces: config\n')
    expect(found(['-'], root('config'))).toContain('IST0127 AuthorizationPolicy config/a')
    expect(found(['-', '--meshConfigFile', 'mesh.yaml'], root('config'))).not.toContain(
      'IST0127 AuthorizationPolicy config/a',
    )
    expect(batten(['-', '--meshConfigFile=mesh.yaml'], { input: SHOP })).toEqual({
      code: 0,
      out: '',
      err: '‼ mesh.yaml:2: unknown field "rootNamespaces"\n√ no findings in 1 object of 1 file\n',
    })
  })

  it('is bad data when it is no YAML', () => {
    expect(batten(['-', '--meshConfigFile', 'only-broken.yaml'], { input: SHOP })).toMatchObject({
      code: 65,
      out: '',
      err: expect.stringContaining('× the mesh configuration cannot be read: '),
    })
  })

  it('has networks', () => {
    write('networks.yaml', 'networks:\n  n1:\n    endpoints: [{fromRegistry: east}]\n    gateways: []\n')
    const { out } = batten(['-', '--meshNetworksFile', 'networks.yaml', '-o', 'json'], { input: SHOP })
    expect(JSON.parse(out)).toEqual([
      {
        code: 'IST0126',
        documentationUrl: 'https://istio.io/latest/docs/reference/config/analysis/ist0126/',
        level: 'Error',
        message: 'Unknown service registry east in network n1',
        origin: 'MeshNetworks istio-system/meshnetworks',
        reference: 'networks.yaml:3',
      },
    ])
  })
})

describe('other forms of the output', () => {
  const printed = [
    {
      code: 'IST0101',
      documentationUrl: 'https://istio.io/latest/docs/reference/config/analysis/ist0101/',
      level: 'Error',
      message: 'Referenced host not found: "crat"',
      origin: 'VirtualService shop/cart',
      reference: 'mesh/cart.yaml:6',
    },
  ]

  it('JSON is what istioctl prints, and nothing else is said', () => {
    const { code, out, err } = batten(['mesh/cart.yaml', '-o', 'json'])
    expect({ code, err }).toEqual({ code: 79, err: '' })
    expect(JSON.parse(out)).toEqual(printed)
    expect(batten(['-', '-o', 'json'], { input: SHOP })).toEqual({ code: 0, out: '[]\n', err: '' })
  })

  it('YAML is what istioctl prints', () => {
    const { out, err } = batten(['mesh/cart.yaml', '--output', 'yaml'])
    expect(err).toBe('')
    expect(out).toBe(`- code: IST0101
  documentationUrl: https://istio.io/latest/docs/reference/config/analysis/ist0101/
  level: Error
  message: 'Referenced host not found: "crat"'
  origin: VirtualService shop/cart
  reference: mesh/cart.yaml:6
`)
  })

  it('workflow commands name files by their path in the project, and escape texts', () => {
    write('100%,a:b/cart.yaml', HOST_MISSING)
    const { out, err } = batten([join(FOLDER, '100%,a:b/cart.yaml'), '-o', 'github'])
    expect(out).toBe(
      '::error file=100%25%2Ca%3Ab/cart.yaml,line=6,endLine=6,col=40,endColumn=44,title=IST0101 ReferencedResourceNotFound::VirtualService shop/cart: Referenced host not found: "crat"%0Ahint: Create what is referenced, or correct its name and namespace.\n',
    )
    expect(err).toBe('× 1 error in 1 object of 1 file\n')
    expect(
      batten(['mesh/cart.yaml', '-o', 'github'], { env: { GITHUB_WORKSPACE: dirname(FOLDER) } }).out,
    ).toContain(`::error file=${basename(FOLDER)}/mesh/cart.yaml,`)
    expect(batten(['-', '-o', 'github'], { input: NOT_INJECTED }).out).toMatch(
      /^::notice title=IST0102 NamespaceNotInjected::Namespace other: /,
    )
  })

  it('SARIF names the tool, the rules and the places', () => {
    const { code, out, err } = batten(['-R', join(FOLDER, 'mesh'), '-o', 'sarif'])
    expect({ code, err }).toEqual({ code: 79, err: '' })
    const log = JSON.parse(out)
    expect(log).toMatchObject({ version: '2.1.0', runs: [{ columnKind: 'utf16CodeUnits' }] })
    const [{ tool, results }] = log.runs
    expect(tool.driver).toMatchObject({
      name: 'batten analyze',
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
    })
    expect(tool.driver.rules).toMatchObject([
      { id: 'IST0101', defaultConfiguration: { level: 'error' } },
      { id: 'IST0102', defaultConfiguration: { level: 'note' } },
    ])
    expect(
      results.map(({ ruleId, ruleIndex, level, locations }: SarifResult) => [
        ruleId,
        tool.driver.rules[ruleIndex].id,
        level,
        locations[0]!.physicalLocation.artifactLocation.uri,
        locations[0]!.physicalLocation.region.startLine,
      ]),
    ).toEqual([
      ['IST0101', 'IST0101', 'error', 'mesh/cart.yaml', 6],
      ['IST0102', 'IST0102', 'note', 'mesh/deep/other.yml', 3],
    ])
    expect(sarifKeys(log)).toEqual(SARIF_KEYS)
    const nothing = JSON.parse(batten(['-', '-o', 'sarif'], { input: SHOP }).out)
    expect(nothing.runs[0].results).toEqual([])
  })

  it('are five', () => {
    expect(batten(['-', '-o', 'JSON'], { input: SHOP }).out).toBe('[]\n')
    expect(batten(['-', '-o', 'xml'])).toMatchObject({
      code: 64,
      out: '',
      err: expect.stringContaining('expected one of log, json, yaml, sarif, github'),
    })
  })
})

/** Properties that the standard has for each object that is written; the schema allows no others. */
const SARIF_KEYS = {
  log: ['$schema', 'runs', 'version'],
  run: ['columnKind', 'results', 'tool'],
  driver: ['informationUri', 'name', 'rules', 'version'],
  rule: ['defaultConfiguration', 'help', 'helpUri', 'id', 'name', 'shortDescription'],
  result: ['level', 'locations', 'message', 'partialFingerprints', 'ruleId', 'ruleIndex'],
  location: ['logicalLocations', 'physicalLocation'],
  region: ['endColumn', 'endLine', 'startColumn', 'startLine'],
}

function sarifKeys(log: SarifLog): Record<string, string[]> {
  const run = log.runs[0]!
  const result = run.results[0]!
  const location = result.locations[0]!
  const { driver } = run.tool
  const region = location.physicalLocation.region
  const objects = { log, run, driver, rule: driver.rules[0]!, result, location, region }
  return Object.fromEntries(Object.entries(objects).map(([name, one]) => [name, Object.keys(one).sort()]))
}

interface SarifLog {
  readonly runs: readonly {
    readonly tool: { readonly driver: { readonly rules: readonly object[] } }
    readonly results: readonly SarifResult[]
  }[]
}

interface SarifResult {
  readonly ruleId: string
  readonly ruleIndex: number
  readonly level: string
  readonly locations: readonly {
    readonly physicalLocation: {
      readonly artifactLocation: { readonly uri: string }
      readonly region: { readonly startLine: number }
    }
  }[]
}

describe('a cluster', () => {
  it('cannot be analyzed yet', () => {
    expect(batten(['--use-kube=true', 'mesh'])).toEqual({
      code: 64,
      out: '',
      err: `× a cluster cannot be analyzed yet, only files   [CLI_NO_CLUSTER]
  hint: save its objects first: kubectl get ns,nodes,svc,pods,deploy,cm,istio-io -A -o yaml | batten analyze -
`,
    })
    expect(batten(['--use-kube=false', '-'], { input: SHOP }).code).toBe(0)
  })
})

describe('an upgrade', () => {
  const wildcard = `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: a, namespace: shop}
spec: {hosts: ["*.example.com"], http: [{directResponse: {status: 200}}]}
`

  it('shows what depends on defaults of the release that it is from', () => {
    expect(found(['-'], wildcard)).not.toContain('IST0169 VirtualService shop/a')
    expect(found(['-', '--from-version', '1.20'], wildcard)).toContain('IST0169 VirtualService shop/a')
  })

  it('is from a release', () => {
    expect(batten(['-', '--from-version', 'latest'], { input: wildcard })).toMatchObject({
      code: 64,
      out: '',
    })
  })
})

it('-L lists analyzers in the order of their names, with what they do', () => {
  const { code, out } = batten(['-L'])
  const names = out.split('\n').flatMap((line) => /^\* (.*):$/.exec(line)?.[1] ?? [])
  expect(code).toBe(0)
  expect(names).toEqual(names.toSorted())
  expect(out).toContain(
    '* virtualservice.GatewayAnalyzer:\n    Checks the gateways associated with each virtual service\n',
  )
})

it('--help names every flag, also as istioctl spells it', () => {
  const { code, out } = batten(['--help'])
  const flags = ['use-kube', 'namespace', 'all-namespaces', 'suppress', 'list-analyzers', 'mesh-config-file']
  flags.push(
    'meshConfigFile',
    'mesh-networks-file',
    'meshNetworksFile',
    'failure-threshold',
    'output-threshold',
  )
  flags.push('from-version', 'recursive', 'ignore-unknown', 'output', 'color', 'verbose')
  expect(code).toBe(0)
  expect(flags.filter((flag) => !out.includes(`--${flag}`))).toEqual([])
})

it('flags that do not exist are wrong usage', () => {
  expect(batten(['mesh', '--recursiv'])).toMatchObject({ code: 64, out: '' })
})
