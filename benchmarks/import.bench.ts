/**
 * What an import costs in a new process: `@batten/api` and its entries, from the packed and installed packages, beside
 * a Node that imports nothing and beside what people use in their place.
 *
 *   node benchmarks/import.bench.ts [--rounds 15]
 *
 * `import` is the time that the import itself takes inside the process, `processor` what it costs in time of all cores
 * (which a busy machine distorts less), `process` how much longer the whole process lives than the bare one; medians of
 * interleaved rounds. `modules` counts the files that were loaded. To reach: an import in at most 60 ms.
 */
import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { installTarballs, temporaryFolder } from '../test/support/packed-install.ts'
import { packPackages } from '../test/support/packed-packages.ts'

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '15' } } })
const rounds = Number(values.rounds)

const SUBJECTS: readonly (readonly string[])[] = [
  [],
  ['@batten/api'],
  ['@batten/api/networking'],
  ['@batten/api/yaml'],
  ['@batten/api/validate'],
  ['@batten/api/analyze'],
  ['@batten/api', '@batten/api/yaml', '@batten/api/validate', '@batten/api/analyze'],
  ['@batten/core'],
  ['yaml'],
  ['ajv/dist/2020.js', 'yaml'],
  ['typebox'],
]

interface Sample {
  readonly imported: number
  readonly processor: number
  readonly lived: number
}

const folder = temporaryFolder('packed')
using install = await installTarballs(await packPackages(['@batten/core', '@batten/api'], folder))
rmSync(folder, { recursive: true })
for (const peer of ['ajv', 'typebox']) install.link(peer)

const samples = SUBJECTS.map((): Sample[] => [])
for (const subject of SUBJECTS) sample(subject) // The files are in the memory of the system from here on.
for (let round = 0; round < rounds; round++)
  for (const [i, subject] of SUBJECTS.entries()) samples[i]!.push(sample(subject))

const bare = median(samples[0]!.map(({ lived }) => lived))
console.log(`Node ${process.version}, ${rounds} rounds; a bare process lives ${bare.toFixed(0)} ms\n`)
console.log(
  `${'import, ms'.padStart(11)}${'processor, ms'.padStart(15)}${'process, ms'.padStart(13)}${'modules'.padStart(9)}  what`,
)
for (const [i, subject] of SUBJECTS.entries()) {
  if (subject.length === 0) continue
  const imported = median(samples[i]!.map((each) => each.imported))
  const processor = median(samples[i]!.map((each) => each.processor))
  const lived = median(samples[i]!.map((each) => each.lived)) - bare
  console.log(
    `${imported.toFixed(1).padStart(11)}${processor.toFixed(1).padStart(15)}${lived.toFixed(1).padStart(13)}${String(modules(subject)).padStart(9)}  ${subject.join(' + ')}`,
  )
}

function sample(subject: readonly string[]): Sample {
  const imports = subject.map((path) => `await import('${path}')`).join(';')
  const started = performance.now()
  const output = node(`
    const cpu = process.cpuUsage(), t = performance.now()
    ${imports}
    const imported = performance.now() - t, { user, system } = process.cpuUsage(cpu)
    console.log(JSON.stringify({ imported, processor: (user + system) / 1000 }))`)
  return { ...JSON.parse(output), lived: performance.now() - started }
}

/** How many files an import reads, by Node's own account. */
function modules(subject: readonly string[]): number {
  return Number(
    node(`
      import { registerHooks } from 'node:module'
      let count = 0
      registerHooks({ load: (url, context, next) => (url.startsWith('file:') && count++, next(url, context)) })
      ${subject.map((path) => `await import('${path}')`).join(';')}
      console.log(count)`),
  )
}

function node(program: string): string {
  const { stdout, stderr, status } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], {
    cwd: install.folder,
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '' },
  })
  if (status !== 0) throw new Error(stderr)
  return stdout
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!
}
