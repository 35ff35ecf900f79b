import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

const SKIPPED = new Set(['node_modules', 'dist', 'gen', '.git', '.turbo', 'coverage', 'testdata'])

/** TypeScript files below a folder, without generated ones; paths relative to the repository. */
export function sourceFiles(folder: string, root = process.cwd()): string[] {
  const found: string[] = []
  const visit = (relative: string) => {
    for (const name of readdirSync(join(root, relative))) {
      const path = `${relative}/${name}`
      if (statSync(join(root, path)).isDirectory()) {
        if (!SKIPPED.has(name)) visit(path)
      } else if (/\.(ts|mts|tsx)$/.test(name)) found.push(path)
    }
  }
  visit(folder)
  return found
}

export interface Import {
  readonly specifier: string
  /** `import type` or `export type`: gone at run time. */
  readonly typeOnly: boolean
}

/** The module specifiers that a file names in import, export and dynamic import. */
export function importsOf(path: string): Import[] {
  const text = readFileSync(path, 'utf8')
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/^\s*\/\/.*$/gm, '')
  const found: Import[] = []
  for (const match of text.matchAll(
    /^\s*(import|export)(\s+type)?\b(?:[^'"`;]*?\bfrom)?\s*['"]([^'"]+)['"]/gm,
  ))
    found.push({ specifier: match[3]!, typeOnly: match[2] !== undefined })
  for (const match of text.matchAll(/\bimport\(\s*['"]([^'"]+)['"]\s*\)/g))
    found.push({ specifier: match[1]!, typeOnly: false })
  return found
}
