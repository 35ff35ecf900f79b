import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { diagnostics } from './compile.ts'

const BUILDERS = new URL('../src/builders/', import.meta.url).pathname

interface Example {
  readonly of: string
  readonly code: string
}

/** The `@example` blocks of the TSDoc of a file. */
function examplesOf(file: string): Example[] {
  const text = readFileSync(join(BUILDERS, file), 'utf8')
  return [...text.matchAll(/\/\*\*(?:[^*]|\*(?!\/))*\*\//g)].flatMap(([comment]) => {
    const [, block] = /@example\n([\s\S]*?)(?=\n\s*\* @|\n?\s*\*\/)/.exec(comment) ?? []
    if (block === undefined) return []
    return [{ of: file, code: block.replaceAll(/^\s*\* ?/gm, '') }]
  })
}

const files = readdirSync(BUILDERS, { recursive: true, encoding: 'utf8' }).filter(
  (name) => name.endsWith('.ts') && !name.endsWith('.test.ts'),
)

it('has an example for every function that builds something', () => {
  const without = files.flatMap((file) => {
    const text = readFileSync(join(BUILDERS, file), 'utf8')
    const functions = [...text.matchAll(/(\/\*\*(?:[^*]|\*(?!\/))*\*\/\n)?export function (\w+)/g)]
    const shown = new Set(
      functions.filter(([, comment]) => comment?.includes('@example')).map(([, , name]) => name),
    )
    return functions.filter(([, , name]) => !shown.has(name)).map(([, , name]) => `${file}: ${name}`)
  })
  expect(without).toEqual([
    'object.ts: metadataOf',
    'object.ts: objectOf',
    'object.ts: withoutUndefined',
    'route.ts: buildRoute',
  ])
})

it('compiles every example', () => {
  const examples = files.flatMap(examplesOf)
  expect(examples.length).toBeGreaterThan(45)
  const modules = examples.map(({ of, code }, i) => {
    const from = of.startsWith('gateway-api') ? '@batten/api/gateway-api' : '@batten/api'
    const text = `import * as all from '${from}'\nimport type * as types from '${from}'\n${code}\n`
    return [`example-${i}.ts`, withNames(text, from)] as const
  })
  expect(diagnostics(new Map(modules))).toEqual([])
})

/** Imports by name what the example uses, as a reader would. */
function withNames(text: string, from: string): string {
  const body = text.split('\n').slice(2).join('\n')
  const called = [...body.matchAll(/(?<![.\w])([a-z]\w*)\(/g)].map(([, name]) => name!)
  const types = [...body.matchAll(/(?<![.\w'])([A-Z]\w*)(?=[<>\s])/g)].map(([, name]) => `type ${name!}`)
  return `import { ${[...new Set([...called, ...types])].join(', ')} } from '${from}'\n${body}`
}
