import { basename, join } from 'node:path'

/** Builds a filter written in AssemblyScript; the path of its module. */
export async function filterModule(source: string, folder: string): Promise<string> {
  const { buildFilter } = await import('@batten/wasm-sdk/build')
  const out = join(folder, basename(source).replace(/\.ts$/, '.wasm'))
  const { wasm, diagnostics } = await buildFilter({ entry: source, out })
  if (wasm === undefined) throw new Error(diagnostics.map(String).join('\n'))
  return out
}
