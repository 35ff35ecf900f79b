/**
 * Removes from `dist` of a package what no source makes any more. `tsc -b` never removes an output, and a file of a
 * deleted source would be published and imported. Bundles (`dist/bundle`) are left to the scripts that write them.
 *
 *   node ../../scripts/package-prune.ts      # in the folder of a package, after `tsc -b`
 */
import { existsSync, globSync, rmSync } from 'node:fs'
import { join } from 'node:path'

const OUTPUT = /(\.d\.ts|\.js)(\.map)?$/

/** Removes outputs without a source, and returns their paths. */
export function pruneOutputs(folder: string): string[] {
  const stale = globSync('dist/**/*', { cwd: folder }).filter((path) => {
    if (!OUTPUT.test(path) || /^dist[\\/]bundle[\\/]/.test(path)) return false
    const source = path.replace(/^dist/, 'src').replace(OUTPUT, '.ts')
    return !existsSync(join(folder, source)) || /\.test(-d)?\.ts$/.test(source)
  })
  for (const path of stale) rmSync(join(folder, path), { force: true })
  return stale
}

if (import.meta.main) {
  const stale = pruneOutputs('.')
  if (stale.length > 0) console.log(`removed ${stale.length} outputs without a source, such as ${stale[0]}`)
}
