import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BattenError } from '@batten/core'
import { afterAll, describe, expect, it } from 'vitest'
import { loadProject } from './load-config.ts'

const folder = mkdtempSync(join(tmpdir(), 'batten-config-test-'))
mkdirSync(join(folder, 'mesh'))
afterAll(() => rmSync(folder, { recursive: true }))

/** What a user reads about a configuration file with this text. */
async function problemOf(text: string): Promise<string> {
  writeFileSync(join(folder, 'batten.config.ts'), text)
  try {
    await loadProject(folder)
    return ''
  } catch (error) {
    return error instanceof BattenError
      ? `${error.message} | ${error.hint}`.replaceAll(folder, '')
      : String(error)
  }
}

const FILE = '/batten.config.ts'
const CHECK = "see BattenConfig: `import { defineConfig } from '@batten/cli/config'` lets an editor check it"

describe('a batten.config.ts with a mistake', () => {
  it.each([
    [
      'export default { workload: {} }',
      `${FILE}: unknown field "workload"; did you mean "workloads"? | ${CHECK}`,
    ],
    [
      'export default { ports: 1 }',
      `${FILE}: unknown field "ports"; there are config, workloads, filters, gatewayPort, landingPath | ${CHECK}`,
    ],
    [
      'export default { workloads: { web: { command: "node web.ts" } } }',
      `${FILE}: workloads["web"].command must be a list of program and arguments such as ['node', 'server.ts']; it is "node web.ts" | ${CHECK}`,
    ],
    [
      'export default { workloads: { web: { command: [] } } }',
      `${FILE}: workloads["web"].command must be a list of program and arguments such as ['node', 'server.ts']; it is [] | ${CHECK}`,
    ],
    [
      'export default { workloads: { web: ["node", "web.ts"] } }',
      `${FILE}: workloads["web"] must be an object such as { command: ['node', 'server.ts'] } | ${CHECK}`,
    ],
    [
      'export default { workloads: { web: { command: ["node"], dir: "x" } } }',
      `${FILE}: workloads["web"]: unknown field "dir"; there are command, cwd, env | ${CHECK}`,
    ],
    [
      'export default { workloads: { web: { command: ["node"], cwd: "nowhere" } } }',
      `${FILE}: workloads["web"].cwd is no folder: "nowhere" | ${CHECK}`,
    ],
    [
      'export default { workloads: { web: { command: ["node"], env: { PORT: 80 } } } }',
      `${FILE}: workloads["web"].env must be an object of texts, as in { LOG_LEVEL: 'debug' } | ${CHECK}`,
    ],
    [
      'export default { gatewayPort: "8080" }',
      `${FILE}: gatewayPort must be a port, 0 to 65535; it is "8080" | ${CHECK}`,
    ],
    [
      'export default { gatewayPort: 70000 }',
      `${FILE}: gatewayPort must be a port, 0 to 65535; it is 70000 | ${CHECK}`,
    ],
    ['export default { config: "mesh" }', `${FILE}: config must be a list of paths; it is "mesh" | ${CHECK}`],
    ['export default { config: ["other"] }', '/other does not exist | correct the path in batten.config.ts'],
    [
      'export default () => ({})',
      `cannot load ${FILE}: it exports a function | it should say: export default defineConfig({ ... })`,
    ],
    [
      'export const config = {}',
      `cannot load ${FILE}: it has no default export | it should say: export default defineConfig({ ... })`,
    ],
    [
      'import x from "not-installed"; export default x',
      `cannot load ${FILE}: Cannot find package 'not-installed' imported from ${FILE} | install it in this folder: npm install --save-dev not-installed`,
    ],
    [
      'enum A { B }; export default {}',
      `cannot load ${FILE}: TypeScript enum is not supported in strip-only mode | Node runs this file as it is: only TypeScript that can be erased is possible`,
    ],
    [
      'export default { landingPath: () => "/" }',
      `cannot load ${FILE}: () => "/" could not be cloned. | to see where: node batten.config.ts`,
    ],
    [
      'process.exit(0)',
      `cannot load ${FILE}: it ended before it exported anything | to see where: node batten.config.ts`,
    ],
    ['throw new Error("boom")', `cannot load ${FILE}: boom | to see where: node batten.config.ts`],
  ])('%s', async (text, problem) => {
    expect(await problemOf(text)).toBe(problem)
  })

  it('is none when everything is right', async () => {
    expect(
      await problemOf(
        'export default { config: ["mesh"], workloads: { "*": { command: ["node", "x.ts"], cwd: ".", env: { A: "1" } } }, gatewayPort: 0, landingPath: "/shop", filters: undefined }',
      ),
    ).toBe('')
  })

  it('is read again with what it imports, which is known', async () => {
    const text = 'import { port } from "./ports.ts"; export default { gatewayPort: port }'
    const seen: unknown[] = []
    for (const port of [1, 2]) {
      writeFileSync(join(folder, 'ports.ts'), `export const port: number = ${port}`)
      expect(await problemOf(text)).toBe('')
      const { config, sources } = await loadProject(folder)
      seen.push(config.gatewayPort, sources.map((file) => file.replace(folder, '')).sort())
    }
    const files = ['/batten.config.ts', '/ports.ts']
    expect(seen).toEqual([1, files, 2, files])
  })
})
