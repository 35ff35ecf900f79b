import { describe, expect, it } from 'vitest'
import { type Issues, rooted, unique, uniqueBy } from './check.ts'

const said = (issues: Issues): unknown[] => rooted(issues).map(({ path, kind, value }) => [path, kind, value])

describe('items with the same keys are reported as the API server reports them', () => {
  const item = (port: number, protocol: string | null = 'TCP'): object => ({ protocol, port, name: 'x' })
  const cases: readonly (readonly [string, unknown, readonly string[], readonly unknown[]])[] = [
    ['none', [item(1), item(2), item(1, 'UDP')], ['port', 'protocol'], []],
    [
      'keys in their order',
      [item(1), item(1)],
      ['protocol', 'port'],
      [[[1], 'duplicate', '{"port":1,"protocol":"TCP"}']],
    ],
    [
      'the second of four',
      [item(1), item(1), item(1), item(1)],
      ['port'],
      [[[1], 'duplicate', '{"port":1}']],
    ],
    [
      'each once',
      [item(2), item(1), item(1), item(2), item(1), item(2)],
      ['port'],
      [
        [[2], 'duplicate', '{"port":1}'],
        [[3], 'duplicate', '{"port":2}'],
      ],
    ],
    ['keys that are missing', [{ name: 'a' }, { name: 'b' }], ['port'], [[[1], 'duplicate', '{}']]],
    [
      'null beside a missing key',
      [item(1, null), { port: 1 }, item(1, null)],
      ['port', 'protocol'],
      [[[2], 'duplicate', '{"port":1,"protocol":null}']],
    ],
    ['items that are null', [null, {}], ['port'], [[[1], 'duplicate', '{}']]],
    ['nothing beside an item of another type', [item(1), item(1), 'x'], ['port'], []],
    ['a number and its text', [{ port: 1 }, { port: '1' }], ['port'], []],
    ['a single item', [item(1)], ['port'], []],
    ['what is no list', { port: 1 }, ['port'], []],
  ]
  for (const [title, value, keys, expected] of cases) {
    it(title, () => {
      expect(said(uniqueBy(value, keys))).toEqual(expected)
    })
  }

  it('in sets, too', () => {
    expect(said(unique(['a', 'b', 'a', 'a', 'b', 1, '1']))).toEqual([
      [[2], 'duplicate', '"a"'],
      [[4], 'duplicate', '"b"'],
    ])
  })
})
