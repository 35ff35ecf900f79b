/**
 * What validation costs: a VirtualService with ten routes, beside ajv on the same schema.
 *
 *   node --conditions=@batten/source benchmarks/validate.bench.ts [--rounds 7]
 *
 * Prints checks per second of both, the ratio of their times, the ratio of their start-ups (import, compile and first
 * check, each in a process of its own), and how the time of all layers grows with the number of objects.
 */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { route, to, toYaml, virtualService } from '@batten/api'
import { validate } from '@batten/api/validate'
import { fromYaml } from '@batten/api/yaml'
import { Ajv2020 } from 'ajv/dist/2020.js'

const SCHEMA = fileURLToPath(
  import.meta.resolve('@batten/api/json-schema/networking.istio.io_virtualservices.json'),
)

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '7' } } })
const rounds = Number(values.rounds)

const object = tenRoutes('reviews')
const check = new Ajv2020({ strict: false, validateFormats: false, allErrors: true }).compile(
  JSON.parse(readFileSync(SCHEMA, 'utf8')) as object,
)
const schemaOnly = { layers: ['schema'] } as const

if (!check(object) || validate(object).length > 0)
  throw new Error('the object of this benchmark must be valid')

console.log('a VirtualService with ten routes, schema layer, median of interleaved rounds')
const ours: number[] = []
const theirs: number[] = []
for (let i = 0; i < rounds; i++) {
  ours.push(perCheck(() => validate(object, schemaOnly).length === 0))
  theirs.push(perCheck(() => check(object) === true))
}
report('@batten/api', ours)
report('ajv', theirs)
const ratios = ours.map((time, i) => time / theirs[i]!)
console.log(`  ratio        ${spread(ratios)} (to reach: at most 0.6)`)

console.log('\nstart-up: import, compile and first check, in a new process')
const text = JSON.stringify(object)
const startOurs = startUp(
  `import { validate } from '@batten/api/validate'; validate(${text}, { layers: ['schema'] })`,
)
const startTheirs = startUp(
  `import { readFileSync } from 'node:fs'; import { Ajv2020 } from 'ajv/dist/2020.js';` +
    `new Ajv2020({ strict: false, validateFormats: false, allErrors: true }).compile(JSON.parse(readFileSync(${JSON.stringify(SCHEMA)}, 'utf8')))(${text})`,
)
console.log(`  @batten/api  ${median(startOurs).toFixed(1)} ms`)
console.log(`  ajv          ${median(startTheirs).toFixed(1)} ms`)
console.log(
  `  ratio        ${spread(startOurs.map((time, i) => time / startTheirs[i]!))} (to reach: at most 0.2)`,
)

console.log('\nreading and all layers')
let base: number | undefined
for (const count of [500, 1_000, 5_000]) {
  const yaml = toYaml(Array.from({ length: count }, (_, i) => tenRoutes(`reviews-${i}`)))
  const parsed = performance.now()
  const { objects } = fromYaml(yaml, { limits: { maxLength: yaml.length } })
  const read = performance.now()
  const found = validate(objects).length
  const done = performance.now()
  if (found > 0 || objects.length !== count) throw new Error(`${objects.length} objects, ${found} findings`)
  const each = (done - read) / count
  base ??= each
  console.log(
    `  ${String(count).padStart(6)} objects  read ${(read - parsed).toFixed(0)} ms  validate ${(done - read).toFixed(0)} ms  ` +
      `${Math.round(1000 / each)} objects/s  ${(each / base).toFixed(2)} of the time each at 500`,
  )
}

function tenRoutes(name: string) {
  return virtualService({
    name,
    namespace: 'shop',
    hosts: [name],
    http: Array.from({ length: 10 }, (_, i) =>
      route(
        to(name, { subset: 'v1', port: 9080, weight: 90 }),
        to(name, { subset: 'v2', port: 9080, weight: 10 }),
      )
        .when({ uri: { prefix: `/api/${i}` }, headers: { 'end-user': { exact: `user-${i}` } } })
        .retry(3, { perTryTimeout: '2s', retryOn: '5xx' })
        .timeout('10s'),
    ),
  })
}

/** Microseconds of one check. */
function perCheck(run: () => boolean): number {
  const until = performance.now() + 300
  let count = 0
  const start = performance.now()
  while (performance.now() < until) {
    for (let i = 0; i < 100; i++) if (!run()) throw new Error('a check failed')
    count += 100
  }
  return ((performance.now() - start) * 1000) / count
}

function startUp(code: string): number[] {
  const script = `const start = performance.now(); ${code.replaceAll(/import (\{[^}]*\}) from ('[^']*');?/g, 'const $1 = await import($2);')}; console.log(performance.now() - start)`
  return Array.from({ length: rounds }, () => {
    const ran = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      encoding: 'utf8',
      cwd: fileURLToPath(new URL('../packages/api', import.meta.url)),
    })
    if (ran.status !== 0) throw new Error(ran.stderr)
    return Number(ran.stdout)
  })
}

function report(name: string, times: readonly number[]): void {
  const time = median(times)
  console.log(`  ${name.padEnd(12)} ${Math.round(1e6 / time)} checks/s  ${time.toFixed(2)} us each`)
}

function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)]!
}

function spread(numbers: readonly number[]): string {
  return `${median(numbers).toFixed(2)} (${Math.min(...numbers).toFixed(2)}–${Math.max(...numbers).toFixed(2)})`
}
