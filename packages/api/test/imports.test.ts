import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const SOURCE = fileURLToPath(new URL('../src', import.meta.url))

/** What a module loads when it runs; imports of types are gone by then. */
function imports(file: string): string[] {
  const text = readFileSync(file, 'utf8').replaceAll(/^(import|export) type [^;]*? from '[^']*'$/gms, '')
  return [...text.matchAll(/^(?:import|export)\b(?:[^'\n]|\n(?!\n))*? from '([^']+)'/gm)].map(
    (match) => match[1]!,
  )
}

/** Files that are loaded with a file, and the packages that they load. */
function graph(entry: string): { files: string[]; packages: string[] } {
  const files = new Set<string>()
  const packages = new Set<string>()
  const visit = (file: string): void => {
    if (files.has(file)) return
    files.add(file)
    for (const name of imports(file)) {
      if (name.startsWith('.')) visit(resolve(dirname(file), name))
      else packages.add(name)
    }
  }
  visit(join(SOURCE, entry))
  return { files: [...files].map((file) => relative(SOURCE, file)), packages: [...packages].sort() }
}

describe('what is loaded', () => {
  it('with the main entry: builders and printing, nothing that validates or reads', () => {
    const { files, packages } = graph('index.ts')
    expect(packages).toEqual(['@batten/core/errors'])
    const folders = new Set(files.map((file) => dirname(file)))
    expect([...folders].sort()).toEqual(['.', 'builders', 'gen', 'groups', 'yaml'])
  })

  it('with validation: no reader of YAML and no schema library', () => {
    const { files, packages } = graph('groups/validate.ts')
    expect(packages).toEqual(
      ['@batten/core/errors', '@batten/core/grpc-status', '@batten/core/regex'].filter((name) =>
        packages.includes(name),
      ),
    )
    expect(files.filter((file) => file.startsWith('schema/') || file.startsWith('analyze/'))).toEqual([])
  })

  it('nowhere anything of Node, so that browsers can run all of it', () => {
    const sources = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' }).filter(
      (file) => file.endsWith('.ts') && !file.includes('.test'),
    )
    expect(sources.length).toBeGreaterThan(150)
    const found = sources.flatMap((file) =>
      imports(join(SOURCE, file))
        .filter((name) => name.startsWith('node:') || name === '@batten/core')
        .map((name) => `${file} imports ${name}`),
    )
    expect(found).toEqual([])
  })
})
