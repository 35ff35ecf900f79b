import type { FilterChainMatch } from '@batten/xds'
import { describe, expect, it } from 'vitest'
import { parseCidr } from '../fields/virtual-service/l4-match.ts'
import { ChainMatches } from './chain-matches.ts'

const names = (...serverNames: string[]): FilterChainMatch => ({ serverNames })
const ranges = (...cidrs: string[]): FilterChainMatch => ({ prefixRanges: cidrs.map(parseCidr) })

describe('ChainMatches', () => {
  it.each<[string, FilterChainMatch, FilterChainMatch, FilterChainMatch[]]>([
    ['names that the first has', names('a', 'b'), names('B', 'c'), [names('c')]],
    ['everything that the first has', names('a', 'b'), names('b', 'a'), []],
    ['anything for the second time', {}, {}, []],
    ['networks that the first has, however they are written', ranges('10.0.0.0/8'), ranges('10.1.2.3/8'), []],
    ['only the same network', ranges('10.0.0.0/8'), ranges('10.0.0.0/16'), [ranges('10.0.0.0/16')]],
    ['some of the networks', ranges('10.0.0.0/8', '::1'), ranges('::1', '::2'), [ranges('::2')]],
    [
      'a name for one of two networks',
      { ...names('a'), ...ranges('10.0.0.0/8') },
      { ...names('a', 'b'), ...ranges('10.0.0.0/8', '11.0.0.0/8') },
      [
        { ...names('b'), ...ranges('10.0.0.0/8') },
        { ...names('a', 'b'), ...ranges('11.0.0.0/8') },
      ],
    ],
    ['nothing of a name when the first takes all', {}, names('a'), [names('a')]],
  ])('takes away from the second %s', (_title, first, second, expected) => {
    const matches = new ChainMatches()
    expect(matches.take(first)).toEqual([first])
    expect(matches.take(second)).toEqual(expected)
  })
})
