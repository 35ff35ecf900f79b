/**
 * Analysis of synthetic meshes: objects a second, how time grows with the mesh, and the most memory.
 *
 *     node --conditions=@batten/source benchmarks/analyze.bench.ts [--sizes 1000,5000,20000]
 *
 * `objects` are analysed as they are in memory; `yaml` is the same mesh as a file, one document an object: reading the
 * file, parsing and analysing it. Each row is a process of its own that runs three times; the fastest run counts. Growth
 * is the time of an object relative to that in the smallest mesh: 1.0 is linear, at most 1.3 is the goal, and 20,000
 * objects in under 5 s and 500 MB. Times are processor time of all threads, which on one idle core is time on the clock;
 * `WALL MS` is what the clock said beside whatever else ran.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { toYaml } from '@batten/api'
import { analyze } from '@batten/api/analyze'
import { fromYaml } from '@batten/api/yaml'
import { type Cost, cost, peakMb } from './support/cpu-time.ts'
import { meshObjects } from './support/mesh-objects.ts'
import { cell } from './support/statistics.ts'

const RUNS = 3

const { values } = parseArgs({
  options: {
    sizes: { type: 'string', default: '1000,5000,20000' },
    objects: { type: 'string' },
    yaml: { type: 'string' },
  },
})

interface Measured extends Cost {
  readonly messages: number
  readonly peakMb: number
}

if (values.objects !== undefined) {
  const objects = meshObjects(Number(values.objects))
  console.log(JSON.stringify(fastest(() => analyze(objects).length)))
} else if (values.yaml !== undefined) {
  const file = values.yaml
  const read = () => fromYaml(readFileSync(file, 'utf8'), { file }).objects
  console.log(JSON.stringify(fastest(() => analyze(read()).length)))
} else showTable()

function fastest(run: () => number): Measured {
  let messages = 0
  const costs = Array.from({ length: RUNS }, () => {
    return cost(() => {
      messages = run()
    })
  })
  const [best] = costs.sort((a, b) => a.cpuMs - b.cpuMs)
  return { ...best!, messages, peakMb: peakMb() }
}

function showTable(): void {
  const folder = mkdtempSync(join(tmpdir(), 'batten-analyze-'))
  try {
    console.log('FROM     OBJECTS  MESSAGES   CPU MS  WALL MS  OBJECTS/S  GROWTH  PEAK MB')
    for (const from of ['objects', 'yaml']) {
      let first: number | undefined
      for (const size of values.sizes.split(',').map(Number)) {
        const file = join(folder, `${size}.yaml`)
        if (from === 'yaml') writeFileSync(file, toYaml(meshObjects(size)))
        const result = measured(from, from === 'yaml' ? file : String(size))
        const each = result.cpuMs / size
        first ??= each
        const columns = [
          from.padEnd(7),
          cell(size, 8),
          cell(result.messages, 8),
          cell(result.cpuMs.toFixed(0), 7),
          cell(result.wallMs.toFixed(0), 7),
          cell(Math.round(1000 / each), 9),
          cell((each / first).toFixed(2), 6),
          cell(result.peakMb.toFixed(0), 7),
        ]
        console.log(columns.join('  '))
      }
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function measured(from: string, value: string): Measured {
  const args = ['--conditions=@batten/source', fileURLToPath(import.meta.url), `--${from}`, value]
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })) as Measured
}
