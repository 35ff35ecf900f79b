import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fromYaml } from '../src/yaml/parse.ts'
import { diagnostics } from './compile.ts'

const README = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
const CLI = new URL('../../cli/src/main.ts', import.meta.url).href
// Below the package, so that a file in it finds `@batten/api`.
const FOLDER = mkdtempSync(new URL('../.test-', import.meta.url).pathname)

afterAll(() => rmSync(FOLDER, { recursive: true, force: true }))

interface Block {
  readonly language: string
  readonly code: string
}

const blocks = [...README.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(
  ([, language, code]): Block => ({ language: language!, code: code! }),
)

/** The commands of a block of the shell; each ends with its line. */
function commands(block: Block): string[] {
  return block.code.split('\n').filter((line) => line !== '')
}

/** Runs `npx batten …` from the sources. */
function batten(command: string): { code: number | null; out: string } {
  const script = `import { run } from ${JSON.stringify(CLI)}; await run(process.argv.slice(1))`
  const args = command.replace(/^npx batten /, '').split(' ')
  const ran = spawnSync(
    process.execPath,
    ['--conditions=@batten/source', '--input-type=module', '-e', script, '--', ...args],
    { cwd: FOLDER, encoding: 'utf8', env: { ...process.env, NO_COLOR: '1' }, timeout: 60_000 },
  )
  return { code: ran.status, out: ran.stdout + ran.stderr }
}

describe('the README', () => {
  it('has TypeScript that compiles in a strict project', { timeout: 120_000 }, () => {
    const modules = blocks
      .filter(({ language }) => language === 'ts')
      .map(({ code }, i): [string, string] => [/^\/\/ (\S+\.ts)$/m.exec(code)?.[1] ?? `readme-${i}.ts`, code])
    expect(modules.length).toBeGreaterThanOrEqual(6)
    expect(diagnostics(new Map(modules))).toEqual([])
  })

  it('has blocks of languages that this test knows', () => {
    expect([...new Set(blocks.map(({ language }) => language))].sort()).toEqual(['sh', 'text', 'ts', 'yaml'])
  })

  describe('leads through a canary', () => {
    const steps = blocks.filter(({ language }) => language === 'sh')
    const outputs = blocks.filter(({ language }) => language === 'text')
    const canary = blocks.find(({ code }) => code.startsWith('// reviews.ts'))!

    beforeAll(() => writeFileSync(join(FOLDER, 'reviews.ts'), canary.code))

    /** Runs the commands of a block, all but the last of which succeed. */
    function follow(block: Block): { code: number | null; out: string } {
      const results = commands(block).map(batten)
      for (const { code, out } of results.slice(0, -1)) expect({ code, out }).toMatchObject({ code: 0 })
      return { code: results.at(-1)!.code, out: results.map(({ out }) => out).join('') }
    }

    it('installs what is published', () => {
      expect(commands(steps[0]!)).toEqual([
        'npm init --yes',
        'npm pkg set type=module',
        'npm install @batten/api',
        'npm install --save-dev @batten/cli',
      ])
    })

    it('prints, validates and analyses it', () => {
      expect(follow(steps[1]!)).toEqual({ code: 0, out: outputs[0]!.code })
    })

    it('shows what the analysis says of a subset that nobody defined', () => {
      const broken = canary.code.replace('split({ v1: 90, v2: 10 })', 'split({ v1: 90, v3: 10 })')
      expect(broken).not.toBe(canary.code)
      writeFileSync(join(FOLDER, 'reviews.ts'), broken)
      expect(follow(steps[2]!)).toEqual({ code: 79, out: outputs[1]!.code })
      writeFileSync(join(FOLDER, 'reviews.ts'), canary.code)
    })

    it('gives kubectl the objects', () => {
      const [line] = commands(steps[3]!)
      expect(line).toMatch(/ \| kubectl apply -f -$/)
      const { code, out } = batten(line!.replace(/ \|.*/, ''))
      expect(code).toBe(0)
      expect(fromYaml(out).objects.map(({ object }) => object.kind)).toEqual([
        'Namespace',
        'Service',
        'Deployment',
        'Deployment',
        'DestinationRule',
        'VirtualService',
      ])
    })

    it('turns the YAML into TypeScript and back', () => {
      expect(batten('npx batten render reviews.ts --out reviews.yaml').code).toBe(0)
      const [convert, render] = commands(steps[4]!)
      expect(batten(convert!)).toEqual({ code: 0, out: '' })
      expect(batten(render!).out).toBe(readFileSync(join(FOLDER, 'reviews.yaml'), 'utf8'))
    })

    it('prints definitions and explanations', () => {
      const [crds, explain] = commands(steps[5]!)
      expect(batten(crds!).out).toContain('name: virtualservices.networking.istio.io')
      expect(batten(explain!).out).toMatch(/^VirtualService\.spec\.http\.retries </)
      expect(steps).toHaveLength(6)
    })
  })
})
