import { describe, expect, it } from 'vitest'
import { blamedResources } from './blamed-resources.ts'

describe('blamedResources', () => {
  it.each([
    ["Envoy's words", ['l', 'bad'], 'Error adding/updating listener(s) bad: no filter chains', ['bad']],
    ['quoted names', ['0.0.0.0_80', '0.0.0.0_8080'], 'listener "0.0.0.0_8080": x', ['0.0.0.0_8080']],
    [
      'a name that another one begins with',
      ['outbound|80||a', 'outbound|80||a.b'],
      'outbound|80||a.b: x',
      ['outbound|80||a.b'],
    ],
    ['a name at the end of a sentence', ['a', 'b'], 'duplicate cluster a.', ['a']],
    ['several', ['a', 'b', 'c'], 'a: x\nb: y', ['a', 'b']],
    ['none', ['a', 'b'], 'out of memory', ['a', 'b']],
    ['an empty name', ['', 'b'], 'anything', ['', 'b']],
  ])('finds %s', (_, names, error, expected) => {
    expect(blamedResources(names, error)).toEqual(expected)
  })
})
