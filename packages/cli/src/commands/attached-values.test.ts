import { expect, it } from 'vitest'
import { withoutAttachedValues } from './attached-values.ts'
import { commands } from './index.ts'

it.each([
  [
    ['validate', '-fmesh.yaml', '-ojson'],
    ['validate', '-f', 'mesh.yaml', '-o', 'json'],
  ],
  [
    ['validate', '-f-', '-o=json'],
    ['validate', '-f', '-', '-o', 'json'],
  ],
  [
    ['analyze', '-nshop', '-SIST0101=Pod *', '-AR', '-k=false'],
    ['analyze', '-n', 'shop', '-S', 'IST0101=Pod *', '-AR', '-k=false'],
  ],
  [
    ['validate', '-f', '-', '--output=json', '--', '-fine.yaml'],
    ['validate', '-f', '-', '--output=json', '--', '-fine.yaml'],
  ],
])('values of short flags may be attached: %j', (argv, expected) => {
  expect(withoutAttachedValues(argv)).toEqual(expected)
})

it('no switch has the letter of a flag with a value', () => {
  const switches = Object.values(commands).flatMap((command) => {
    if (!('parameters' in command)) return []
    const { flags = {}, aliases = {} } = command.parameters as {
      flags?: Record<string, { kind: string }>
      aliases?: Record<string, string>
    }
    return Object.keys(aliases).filter((letter) => flags[aliases[letter]!]?.kind === 'boolean')
  })
  expect(switches).toEqual(expect.arrayContaining(['A', 'R', 'v']))
  expect(switches.filter((letter) => withoutAttachedValues([`-${letter}x`]).length > 1)).toEqual([])
})
