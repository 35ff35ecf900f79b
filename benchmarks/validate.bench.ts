/**
 * What validation costs, beside ajv on the same JSON Schema and the same object: a VirtualService with ten routes.
 *
 *     node --conditions=@batten/source benchmarks/validate.bench.ts [--rounds 9] [--sizes 1000,5000,20000]
 *
 * Counted are
 * - a check: `validate(object, { layers: ['schema'] })`, which also looks at the metadata as the API server does, against
 *   a compiled ajv validator with all errors and without formats. Rounds of both take turns in one warm process.
 * - the start-up: in a new process for each, in turns, from before the first import until the first verdict. Ours imports
 *   `@batten/api/validate` as it is published (`dist`, so build first) and checks; ajv is imported, reads the schema file,
 *   compiles it and checks. Node's own start is in neither.
 * - growth: so many objects through all layers (schema, CEL, the webhook's rules), each size in a process of its own, the
 *   fastest of three runs. Growth is the time of an object relative to that in the smallest size: 1.0 is linear.
 *
 * Times are processor time of the process, all threads, so that what else runs on the machine counts little; the start-up
 * is shown on the clock as well.
 */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { validate } from '@batten/api/validate'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { type Cost, cost, microsecondsEach, peakMb } from './support/cpu-time.ts'
import { cell, median, spread } from './support/statistics.ts'
import { tenRoutes } from './support/ten-routes.ts'

const SCHEMA = fileURLToPath(
  import.meta.resolve('@batten/api/json-schema/networking.istio.io_virtualservices.json'),
)
const AJV_OPTIONS = { strict: false, validateFormats: false, allErrors: true }
const SCHEMA_ONLY = { layers: ['schema'] } as const

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '9' },
    sizes: { type: 'string', default: '1000,5000,20000' },
    measure: { type: 'string' },
  },
})
const rounds = Number(values.rounds)

if (values.measure === undefined) {
  compareChecks()
  compareStartUps()
  showGrowth()
} else console.log(JSON.stringify(measure(Number(values.measure))))

function compareChecks(): void {
  const object = tenRoutes('reviews')
  const check = new Ajv2020(AJV_OPTIONS).compile(JSON.parse(readFileSync(SCHEMA, 'utf8')) as object)
  if (!check(object) || validate(object).length > 0) throw new Error('the object must be valid')
  const ours: number[] = []
  const theirs: number[] = []
  for (let i = 0; i <= rounds; i++) {
    const own = microsecondsEach(() => expectTrue(validate(object, SCHEMA_ONLY).length === 0), 200)
    const ajv = microsecondsEach(() => expectTrue(check(object)), 200)
    // The first round warms up.
    if (i === 0) continue
    ours.push(own)
    theirs.push(ajv)
  }
  console.log('one check, microseconds: median (least–most)')
  console.log(`  @batten/api  ${spread(ours)}  ${Math.round(1e6 / median(ours))} checks/s`)
  console.log(`  ajv          ${spread(theirs)}  ${Math.round(1e6 / median(theirs))} checks/s`)
  console.log(`  ratio        ${spread(ours.map((time, i) => time / theirs[i]!))} (to reach: at most 0.6)`)
}

function compareStartUps(): void {
  const object = JSON.stringify(tenRoutes('reviews'))
  const own = `const { validate } = await import('@batten/api/validate')
    if (validate(${object}, { layers: ['schema'] }).length > 0) throw new Error('not valid')`
  const all = own.replace(", { layers: ['schema'] }", '')
  const ajv = `const { readFileSync } = await import('node:fs')
    const { Ajv2020 } = await import('ajv/dist/2020.js')
    const schema = JSON.parse(readFileSync(${JSON.stringify(SCHEMA)}, 'utf8'))
    if (!new Ajv2020(${JSON.stringify(AJV_OPTIONS)}).compile(schema)(${object})) throw new Error('not valid')`
  const found = { own: [] as Cost[], all: [] as Cost[], ajv: [] as Cost[] }
  for (let i = 0; i < rounds; i++) {
    found.own.push(startUp(own))
    found.ajv.push(startUp(ajv))
    found.all.push(startUp(all))
  }
  console.log('\nstart-up, milliseconds on the clock: median (least–most); then of processor time')
  const rows = [
    ['@batten/api', found.own],
    ['  all layers', found.all],
    ['ajv', found.ajv],
  ] as const
  for (const [name, costs] of rows) {
    const wall = spread(
      costs.map(({ wallMs }) => wallMs),
      1,
    )
    const cpu = spread(
      costs.map(({ cpuMs }) => cpuMs),
      1,
    )
    console.log(`  ${name.padEnd(12)} ${wall}  ${cpu}`)
  }
  const ratio = (unit: 'wallMs' | 'cpuMs') =>
    spread(found.own.map((one, i) => one[unit] / found.ajv[i]![unit]))
  console.log(`  ratio        ${ratio('wallMs')}  ${ratio('cpuMs')} (to reach: at most 0.2)`)
}

/** What some statements cost in a new process, Node's own start aside. */
function startUp(statements: string): Cost {
  const script = `const cpu = process.cpuUsage(), start = performance.now()
    ${statements}
    const wallMs = performance.now() - start, { user, system } = process.cpuUsage(cpu)
    console.log(JSON.stringify({ wallMs, cpuMs: (user + system) / 1000 }))`
  const ran = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
    encoding: 'utf8',
    cwd: fileURLToPath(new URL('../packages/api', import.meta.url)),
  })
  if (ran.status !== 0) throw new Error(ran.stderr)
  return JSON.parse(ran.stdout) as Cost
}

interface Measured {
  readonly objects: number
  readonly cpuMs: number
  readonly peakMb: number
}

function measure(objects: number): Measured {
  const all = Array.from({ length: objects }, (_, i) => tenRoutes(`reviews-${i}`))
  const runs = [1, 2, 3].map(() => cost(() => expectTrue(validate(all).length === 0)).cpuMs)
  return { objects, cpuMs: Math.min(...runs), peakMb: peakMb() }
}

function showGrowth(): void {
  console.log('\nall layers')
  console.log('OBJECTS   CPU MS  OBJECTS/S  GROWTH  PEAK MB')
  let first: number | undefined
  for (const size of values.sizes.split(',')) {
    const file = fileURLToPath(import.meta.url)
    const args = ['--conditions=@batten/source', file, '--measure', size]
    const ran = spawnSync(process.execPath, args, { encoding: 'utf8' })
    if (ran.status !== 0) throw new Error(ran.stderr)
    const { objects, cpuMs, peakMb } = JSON.parse(ran.stdout) as Measured
    const each = cpuMs / objects
    first ??= each
    const columns = [
      cell(objects, 7),
      cell(cpuMs.toFixed(0), 7),
      cell(Math.round(1000 / each), 9),
      cell((each / first).toFixed(2), 6),
      cell(peakMb.toFixed(0), 7),
    ]
    console.log(columns.join('  '))
  }
}

function expectTrue(value: unknown): void {
  if (value !== true) throw new Error('a check failed')
}
