import { readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BookinfoProject } from './support/project.ts'

let project: BookinfoProject

beforeAll(async () => {
  project = await BookinfoProject.start()
})
afterAll(() => project?.close())

/** Waits until a finding matches; fails with all that were seen. */
async function finding(pattern: RegExp): Promise<string> {
  for (let waited = 0; waited < 100; waited++) {
    const found = project.findings.find((text) => pattern.test(text))
    if (found !== undefined) return found
    await sleep(50)
  }
  throw new Error(`no finding matches ${pattern}:\n${project.findings.join('\n')}`)
}

const works = async () => (await fetch(`${project.url}/productpage`)).status
const RULE = (route: string) => `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata:
  name: details
spec:
  hosts: [details]
  http:
    - route:
        - destination: { host: details${route} }
`

describe('bad configuration is reported with its place, and the rest of the mesh goes on', () => {
  it.each([
    ['malformed YAML', 'kind: [\n  broken', /bad\.yaml:\d+:\d+/],
    [
      'an unknown field',
      RULE('').replace('hosts:', 'hosst: [x]\n  hosts:'),
      /VirtualService default\/details .*bad\.yaml:6:\d+ .*hosst/,
    ],
    [
      'a negative weight',
      RULE(' }\n          weight: -1\n        - destination: { host: details'),
      /VirtualService default\/details .*bad\.yaml:\d+:\d+ .*weight/,
    ],
    [
      'a subset that nobody defines',
      RULE(', subset: v9'),
      /VirtualService default\/details .*bad\.yaml:9:\d+ .*v9/,
    ],
  ])('%s', async (_title, text, expected) => {
    await project.write('mesh/bad.yaml', text)
    await finding(expected)
    expect(await works()).toBe(200)
    await project.write('mesh/bad.yaml', '')
  })

  it.each([
    [
      'a file that ends in the middle of something',
      (text: string) => text.slice(0, text.lastIndexOf(', version: v1 }')),
    ],
    ['a file of something else', () => '\u0001\u0002 no YAML at all: ['],
    [
      'Deployments without what they need',
      (text: string) => text.replaceAll('replicas: 1', 'replicas: lots'),
    ],
  ])('%s stops no workload', async (_title, broken) => {
    const file = 'mesh/bookinfo.yaml'
    const text = readFileSync(project.path(file), 'utf8')
    const before = project.mesh.processes
    await project.write(file, broken(text))
    await finding(/bookinfo\.yaml:\d+:\d+/)
    expect(await works()).toBe(200)
    expect(project.mesh.processes).toEqual(before)
    await project.write(file, text)
    expect(project.findings).toEqual([])
  })

  it('a module that is cut off keeps the one before', async () => {
    const wasm = project.path('filters/served-by.wasm')
    const good = readFileSync(wasm)
    truncateSync(wasm, 100)
    await finding(/WasmPlugin default\/served-by/)
    const response = await fetch(`${project.url}/productpage`)
    expect([response.status, response.headers.get('x-served-by')]).toEqual([200, 'batten'])
    writeFileSync(wasm, good)
  })
})
