/**
 * What typical imports of `@batten/api` and `@batten/core` weigh in a browser bundle, after tree-shaking (rolldown,
 * platform browser, minified), and the tarballs that npm downloads. Measures what `npm run build` made.
 *
 *   node benchmarks/bundle-size.bench.ts [--write] [--modules]
 *
 * `--write` puts the tables into docs/package-sizes.md; `--modules` prints the largest files of each bundle.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { bundleForBrowser } from '../test/support/browser-bundle.ts'
import { SIZES_PAGE, TYPICAL_IMPORTS } from '../test/support/bundle-sizes.ts'
import { temporaryFolder } from '../test/support/packed-install.ts'
import { PUBLISHED, packPackages } from '../test/support/packed-packages.ts'

const ROOT = join(import.meta.dirname, '..')
const { values } = parseArgs({
  options: { write: { type: 'boolean', default: false }, modules: { type: 'boolean', default: false } },
})

const bundles = [['import', 'minified, kB', 'gzip, kB', 'limit, kB']]
for (const { title, entries, limit } of TYPICAL_IMPORTS) {
  const { size, gzipSize, modules } = await bundleForBrowser(ROOT, entries)
  bundles.push([title, kilobytes(size), kilobytes(gzipSize), limit === undefined ? '' : String(limit / 1000)])
  if (values.modules) {
    console.log(title)
    for (const each of modules.slice(0, 12))
      console.log(`  ${kilobytes(each.size).padStart(7)}  ${each.id.replace(ROOT, '')}`)
  }
}

const folder = temporaryFolder('sizes')
const tarballs = [['package', 'files', 'download, kB', 'on disk, kB']]
try {
  for (const { name, files, size, unpackedSize } of await packPackages(PUBLISHED, folder))
    tarballs.push([`\`${name}\``, String(files.length), rounded(size), rounded(unpackedSize)])
} finally {
  rmSync(folder, { recursive: true, force: true })
}

console.log(`${table(bundles)}\n\n${table(tarballs)}`)
if (values.write) {
  const page = readFileSync(SIZES_PAGE, 'utf8')
  writeFileSync(SIZES_PAGE, section(section(page, 'bundles', table(bundles)), 'tarballs', table(tarballs)))
}

function kilobytes(bytes: number): string {
  return (bytes / 1000).toFixed(1)
}

/** Two significant digits: enough to judge by, and the page does not change with every commit. */
function rounded(bytes: number): string {
  return String(Number((bytes / 1000).toPrecision(2)))
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join(' | ')} |`
  const rule = `| ${widths.map((width, i) => (i === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`
  return [line(rows[0]!), rule, ...rows.slice(1).map(line)].join('\n')
}

function section(page: string, name: string, text: string): string {
  const pattern = new RegExp(`(<!-- begin ${name} -->\\n)[^]*?(\\n<!-- end ${name} -->)`)
  if (!pattern.test(page)) throw new Error(`${SIZES_PAGE.pathname} has no section ${name}`)
  return page.replace(pattern, (_, begin: string, end: string) => `${begin}\n${text}\n${end}`)
}
