/**
 * What reading YAML costs: a VirtualService with ten routes, as `fromYaml` and as the `yaml` package alone.
 *
 *     node --conditions=@batten/source benchmarks/yaml.bench.ts [--rounds 9] [--sizes 1000,5000,20000]
 *
 * All take turns in one warm process. `lexer` is the first stage of the package, of whose tokens `fromYaml` makes values;
 * `parser` its syntax tree without values; `parseDocument` all of it, with positions, which `fromYaml` leaves to when a
 * position is asked for. `with an anchor` is a text that only the parser can read, so that `fromYaml` reads twice.
 * `one position` is the first place asked for in a document, as for a finding. JSON.parse of the same object shows what
 * is lost to YAML. js-yaml is shown when it is installed.
 *
 * Then the objects of a mesh (as in analyze.bench.ts), each size in a process of its own, the fastest of three runs:
 * growth is the time of an object relative to that in the smallest size, 1.0 is linear. Times are processor time.
 */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { toYaml } from '@batten/api'
import { fromYaml } from '@batten/api/yaml'
import { Lexer, Parser, parseDocument } from 'yaml'
import { cost, microsecondsEach, peakMb } from './support/cpu-time.ts'
import { meshObjects } from './support/mesh-objects.ts'
import { cell, spread } from './support/statistics.ts'
import { tenRoutes } from './support/ten-routes.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '9' },
    sizes: { type: 'string', default: '1000,5000,20000' },
    measure: { type: 'string' },
  },
})

if (values.measure === undefined) {
  await compareReaders(Number(values.rounds))
  showGrowth(values.sizes.split(','))
} else console.log(JSON.stringify(measure(Number(values.measure))))

async function compareReaders(rounds: number): Promise<void> {
  const object = tenRoutes('reviews')
  const text = toYaml(object)
  const anchored = text.replace('namespace: shop', 'namespace: &namespace shop')
  const json = JSON.stringify(object)
  const loadYaml = await jsYaml()
  const readers: Record<string, () => unknown> = {
    fromYaml: () => fromYaml(text),
    '  with an anchor': () => fromYaml(anchored),
    '  one position': () => fromYaml(text).objects[0]!.position('spec.http[3].route[1].weight'),
    'yaml: lexer': () => [...new Lexer().lex(text)],
    'yaml: parser': () => [...new Parser().parse(text)],
    'yaml: parseDocument': () => parseDocument(text),
    '  and toJS': () => parseDocument(text).toJS(),
    ...(loadYaml === undefined ? {} : { 'js-yaml': () => loadYaml(text) }),
    'JSON.parse': () => JSON.parse(json),
  }
  const times = new Map(Object.keys(readers).map((name) => [name, [] as number[]]))
  for (let i = 0; i <= rounds; i++) {
    for (const [name, read] of Object.entries(readers)) {
      const each = microsecondsEach(read, 150)
      // The first round warms up.
      if (i > 0) times.get(name)!.push(each / 1000)
    }
  }
  console.log(`${text.length} characters, milliseconds: median (least–most)`)
  for (const [name, all] of times) console.log(`  ${name.padEnd(20)} ${spread(all, 3)}`)
  const ratios = times.get('fromYaml')!.map((time, i) => time / times.get('  and toJS')![i]!)
  console.log(`  fromYaml / parseDocument and toJS: ${spread(ratios)}`)
}

/** js-yaml is no dependency; who has it sees it beside the others. */
async function jsYaml(): Promise<((text: string) => unknown) | undefined> {
  const name = 'js-yaml'
  try {
    return ((await import(name)) as { load(text: string): unknown }).load
  } catch {
    return undefined
  }
}

interface Measured {
  readonly objects: number
  readonly megabytes: number
  readonly cpuMs: number
  readonly peakMb: number
}

function measure(size: number): Measured {
  const text = toYaml(meshObjects(size))
  const runs = [1, 2, 3].map(() => {
    return cost(() => {
      const { objects, findings } = fromYaml(text)
      if (objects.length !== size || findings.length > 0) throw new Error('not every object was read')
    }).cpuMs
  })
  return { objects: size, megabytes: text.length / 1e6, cpuMs: Math.min(...runs), peakMb: peakMb() }
}

function showGrowth(sizes: readonly string[]): void {
  console.log('\nOBJECTS    MB   CPU MS  OBJECTS/S  MB/S  GROWTH  PEAK MB')
  let first: number | undefined
  for (const size of sizes) {
    const file = fileURLToPath(import.meta.url)
    const ran = spawnSync(process.execPath, ['--conditions=@batten/source', file, '--measure', size], {
      encoding: 'utf8',
    })
    if (ran.status !== 0) throw new Error(ran.stderr)
    const { objects, megabytes, cpuMs, peakMb } = JSON.parse(ran.stdout) as Measured
    const each = cpuMs / objects
    first ??= each
    const columns = [
      cell(objects, 7),
      cell(megabytes.toFixed(1), 4),
      cell(cpuMs.toFixed(0), 7),
      cell(Math.round(1000 / each), 9),
      cell((megabytes / (cpuMs / 1000)).toFixed(1), 4),
      cell((each / first).toFixed(2), 6),
      cell(peakMb.toFixed(0), 7),
    ]
    console.log(columns.join('  '))
  }
}
