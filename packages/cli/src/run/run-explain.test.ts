import { spawnSync } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { commandCodes } from '../explain/command-codes.ts'

const MAIN = new URL('../main.ts', import.meta.url).href

function explain(...args: string[]): { code: number | null; out: string; err: string } {
  const script = `import { run } from ${JSON.stringify(MAIN)}; await run(process.argv.slice(1))`
  const flags = ['--conditions=@batten/source', '--input-type=module', '-e', script, '--', 'explain']
  const ran = spawnSync(process.execPath, [...flags, ...args], { encoding: 'utf8', timeout: 60_000 })
  return { code: ran.status, out: ran.stdout, err: ran.stderr }
}

describe('batten explain', () => {
  it('explains fields, with indices as findings have them and by short names', () => {
    const { code, out, err } = explain('VirtualService.spec.http.retries')
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toMatch(/^VirtualService\.spec\.http\.retries <HTTPRetry>\n\nRetry policy\./)
    expect(out).toContain('\nFields:\n  attempts <integer>\n')
    expect(explain('vs.spec.http[0].retries').out).toBe(out)
    expect(explain('virtualservices.networking.istio.io.spec.http.retries').out).toBe(out)
  })

  it('explains codes of findings in any case, and codes of commands', () => {
    const { code, out } = explain('ist0101')
    expect(code).toBe(0)
    expect(out).toMatch(/^IST0101 ReferencedResourceNotFound \(Error\)\n\nA resource being referenced/)
    expect(out).toContain('\n  -    - destination: {host: crat}\n  +    - destination: {host: cart}\n')
    expect(out).toContain('\nSee https://istio.io/latest/docs/reference/config/analysis/ist0101/\n')
    expect(explain('BAT0001').out).toMatch(/^BAT0001 ExportToNamespaceNotFound \(Warning\)\n/)
    expect(explain('SCHEMA_REQUIRED').out).toBe('SCHEMA_REQUIRED\n\nA field is missing.\n')
    expect(explain('cli_kind').out).toBe('CLI_KIND\n\nThere is no kind, and no code, of that name.\n')
  })

  it('explains the configuration of the mesh', () => {
    expect(explain('MeshConfig.defaultConfig.holdApplicationUntilProxyStarts').out).toMatch(
      /^MeshConfig\.defaultConfig\.holdApplicationUntilProxyStarts <boolean>\n/,
    )
  })

  it('takes the kind that has the field when two have one name, and mentions the other', () => {
    expect(explain('Gateway.spec.gatewayClassName').out).toContain('https://gateway-api.sigs.k8s.io/')
    expect(explain('Gateway.spec.servers').out).toContain('https://istio.io/')
    expect(explain('gateways').out).toMatch(
      /\nFor Gateway of gateway\.networking\.k8s\.io: batten explain gateways\.gateway\.networking\.k8s\.io\n$/,
    )
  })

  it.each([
    ['VirtualService.spec.htp', 'did you mean VirtualService.spec.http?'],
    ['VirtualService.retries', 'did you mean VirtualService.spec.http.retries?'],
    ['VirtualServce.spec.http', 'did you mean VirtualService.spec.http?'],
    ['HTTPRuote', 'did you mean HTTPRoute'],
    ['IST101', 'did you mean IST0101?'],
    ['Service.spec.ports', 'kubectl explain service.spec.ports'],
    ['Nothing', 'kinds are VirtualService, DestinationRule, Gateway'],
  ])('says what %s was probably meant to be', (what, hint) => {
    const { code, out, err } = explain(what)
    expect({ code, out }).toEqual({ code: 64, out: '' })
    expect(err).toContain(hint)
  })

  it('needs something to explain', () => {
    expect(explain()).toMatchObject({ code: 64, out: '' })
  })
})

it('every code that a command throws is explained', () => {
  const root = fileURLToPath(new URL('..', import.meta.url))
  const thrown = globSync('**/*.ts', { cwd: root })
    .filter((file) => !file.endsWith('.test.ts'))
    .flatMap((file) => [...readFileSync(`${root}/${file}`, 'utf8').matchAll(/BattenError\(\s*'(CLI_\w+)'/g)])
    .map(([, code]) => code!)
  expect(thrown.length).toBeGreaterThan(5)
  expect(thrown.filter((code) => !Object.hasOwn(commandCodes, code))).toEqual([])
})
