import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'

const MAIN = new URL('../main.ts', import.meta.url).href
const EXAMPLE = fileURLToPath(new URL('../../../../examples/config-in-typescript', import.meta.url))
// A copy below the package, so that its files find `@batten/api`.
const FOLDER = mkdtempSync(join(fileURLToPath(new URL('../..', import.meta.url)), '.test-'))
cpSync(EXAMPLE, FOLDER, { recursive: true, filter: (path) => !path.includes('node_modules') })

afterAll(() => rmSync(FOLDER, { recursive: true, force: true }))

const { scripts } = JSON.parse(readFileSync(join(FOLDER, 'package.json'), 'utf8')) as {
  scripts: Readonly<Record<string, string>>
}

/** Runs a command line of `batten …`, several of them with `&&` between. */
function run(
  line: string,
  env: Readonly<Record<string, string>> = {},
): { code: number; out: string; err: string } {
  const done = { code: 0, out: '', err: '' }
  for (const command of line.split(' && ')) {
    expect(command).toMatch(/^batten /)
    const script = `import { run } from ${JSON.stringify(MAIN)}; await run(process.argv.slice(1))`
    const args = ['--conditions=@batten/source', '--input-type=module', '-e', script, '--']
    const ran = spawnSync(process.execPath, [...args, ...command.split(' ').slice(1)], {
      cwd: FOLDER,
      encoding: 'utf8',
      env: { ...process.env, NO_COLOR: '1', ...env },
      timeout: 60_000,
    })
    done.out += ran.stdout
    done.err += ran.stderr
    done.code = ran.status ?? 1
    if (done.code !== 0) break
  }
  return done
}

function rendered(): Record<string, string> {
  const folder = join(FOLDER, 'rendered')
  return Object.fromEntries(
    readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]),
  )
}

describe('the example config-in-typescript', () => {
  it('has the YAML in its repository that its TypeScript gives', () => {
    const committed = rendered()
    expect(Object.keys(committed)).toEqual(['production.yaml', 'staging.yaml'])
    expect(run(scripts['render']!)).toEqual({ code: 0, out: '', err: '' })
    expect(rendered()).toEqual(committed)
  })

  it('is accepted and without findings', () => {
    expect(run(scripts['validate']!)).toEqual({ code: 0, out: '44 objects accepted, 0 refused\n', err: '' })
    expect(run(scripts['analyze']!)).toMatchObject({ code: 0, out: '' })
  })

  it('gives the workflow SARIF', () => {
    const workflow = readFileSync(join(FOLDER, '.github/workflows/mesh.yaml'), 'utf8')
    const [, command] = /- run: npx (batten analyze .* -o sarif) > batten\.sarif/.exec(workflow) ?? []
    const { code, out } = run(command!)
    expect(code).toBe(0)
    expect(JSON.parse(out)).toMatchObject({ version: '2.1.0', runs: [{ results: [] }] })
  })

  it('takes the share of the canary from the environment, and names the line when it is too large', () => {
    expect(run('batten render src/production.ts', { CANARY: '25' }).out).toContain('weight: 75')
    const { code, err } = run('batten render src/production.ts', { CANARY: '110' })
    expect(code).toBe(65)
    expect(err).toContain(
      'must be whole numbers from 0 to 100: v1: -10, v2: 110   [BUILDER_SPLIT_SUM]\n   src/routes.ts:',
    )
  })
})
