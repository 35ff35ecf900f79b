import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { buildFilter } from '@batten/wasm-sdk/build'
import type { FilterBuildFlags } from '../commands/filter-build.ts'
import { moduleOf } from '../dev/filter-builder.ts'
import { EXIT } from '../main.ts'

/** Compiles one filter and writes its module; diagnostics go to stderr. */
export async function runFilterBuild(flags: FilterBuildFlags, entry: string): Promise<void> {
  const source = resolve(entry)
  const built = await buildFilter({ entry: source, debug: flags.debug })
  for (const diagnostic of built.diagnostics) console.error(`${diagnostic}`)
  if (built.wasm === undefined) {
    process.exitCode = EXIT.badData
    return
  }
  const out = flags.out === undefined ? moduleOf(source) : resolve(flags.out)
  mkdirSync(dirname(out), { recursive: true })
  writeFileSync(out, built.wasm)
  console.log(`${out}: ${built.wasm.length} bytes in ${Math.round(built.ms)} ms`)
}
