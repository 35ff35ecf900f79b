/**
 * Removes from `dist` of the current package what no source makes any more. `tsc -b` never removes an output, and a
 * file of a deleted source would be published and imported.
 *
 *   node ../../scripts/package-prune.ts      # in the folder of a package, after `tsc -b`
 */
import { existsSync, globSync, rmSync } from 'node:fs'

const OUTPUT = /(\.d\.ts|\.js)(\.map)?$/

const stale = globSync('dist/**/*').filter((path) => {
  if (!OUTPUT.test(path)) return false
  const source = path.replace(/^dist/, 'src').replace(OUTPUT, '.ts')
  return !existsSync(source) || /\.test(-d)?\.ts$/.test(source)
})
for (const path of stale) rmSync(path)
if (stale.length > 0) console.log(`removed ${stale.length} outputs without a source, such as ${stale[0]}`)
