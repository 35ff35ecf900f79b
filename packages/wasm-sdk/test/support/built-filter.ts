import { fileURLToPath } from 'node:url'
import { buildFilter, formatDiagnostic } from '../../src/build/index.ts'

/** Builds one of the filters in `test/filters`. */
export async function builtFilter(name: string): Promise<Uint8Array<ArrayBuffer>> {
  const entry = fileURLToPath(new URL(`../filters/${name}.ts`, import.meta.url))
  const { wasm, diagnostics } = await buildFilter({ entry })
  const problems = diagnostics.map((diagnostic) => formatDiagnostic(diagnostic)).join('\n')
  if (wasm === undefined || problems !== '') throw new Error(`${name} did not build cleanly:\n${problems}`)
  return wasm
}
