import { describe, expect, it } from 'vitest'
import { compileFilterChainMatcher, type MatchInput } from './filter-chain-match.ts'
import type { FilterChainMatch } from './listener-config.ts'

const any: FilterChainMatch = {
  destinationPort: undefined,
  prefixRanges: [],
  serverNames: [],
  transportProtocol: '',
  applicationProtocols: [],
  directSourcePrefixRanges: [],
  sourceType: 'any',
  sourcePrefixRanges: [],
  sourcePorts: [],
}

const plain: MatchInput = {
  destinationIp: '10.1.2.3',
  destinationPort: 9080,
  sourceIp: '10.9.9.9',
  sourcePort: 40_000,
  serverName: '',
  transportProtocol: 'raw_buffer',
  applicationProtocols: [],
}

function matcher(chains: Record<string, Partial<FilterChainMatch>>) {
  const match = compileFilterChainMatcher(
    Object.entries(chains).map(([name, part]) => ({ match: { ...any, ...part }, chain: { name } })),
  )
  return (input: Partial<MatchInput>) => match({ ...plain, ...input })?.name
}

/** The chains of Istio's inbound listener for one PERMISSIVE port, and its pass-through chains. */
const inbound = matcher({
  'mtls-http': {
    destinationPort: 9080,
    transportProtocol: 'tls',
    applicationProtocols: ['istio', 'istio-peer-exchange', 'istio-http/1.0', 'istio-http/1.1', 'istio-h2'],
  },
  'plain-http': { destinationPort: 9080, transportProtocol: 'raw_buffer' },
  'tls-other': { destinationPort: 9080, transportProtocol: 'tls' },
  'passthrough-tls': { transportProtocol: 'tls' },
  'passthrough-plain': { transportProtocol: 'raw_buffer', prefixRanges: ['0.0.0.0/0'] },
})

describe('the choice of a filter chain', () => {
  it.each<[string, string | undefined, ReturnType<typeof matcher>, Partial<MatchInput>]>([
    [
      'mesh TLS',
      'mtls-http',
      inbound,
      { transportProtocol: 'tls', applicationProtocols: ['x', 'istio-http/1.1'] },
    ],
    ['plain text', 'plain-http', inbound, {}],
    ['other TLS', 'tls-other', inbound, { transportProtocol: 'tls', applicationProtocols: ['h2'] }],
    ['TLS without ALPN', 'tls-other', inbound, { transportProtocol: 'tls' }],
    ['another port', 'passthrough-plain', inbound, { destinationPort: 81 }],
    ['IPv6 outside of 0.0.0.0/0', undefined, inbound, { destinationPort: 81, destinationIp: 'fd00::1' }],
  ])('%s goes to %s', (_, expected, choose, input) => {
    expect(choose(input)).toBe(expected)
  })

  it('takes exact server names, then the longest wildcard, then chains without names', () => {
    const choose = matcher({
      exact: { serverNames: ['www.example.com'] },
      long: { serverNames: ['*.example.com'] },
      short: { serverNames: ['*.com', '*.org'] },
      rest: {},
    })
    expect(choose({ serverName: 'www.example.com' })).toBe('exact')
    expect(choose({ serverName: 'a.b.example.com' })).toBe('long')
    expect(choose({ serverName: 'example.com' })).toBe('short')
    expect(choose({ serverName: 'x.org' })).toBe('short')
    expect(choose({ serverName: 'com' })).toBe('rest')
    expect(choose({ serverName: '' })).toBe('rest')
    expect(choose({ serverName: '*.com' })).toBe('short')
  })

  it('never goes back from a more specific group', () => {
    const choose = matcher({
      port: { destinationPort: 9080, serverNames: ['only.example'] },
      rest: {},
    })
    expect(choose({ destinationPort: 9080, serverName: 'other.example' })).toBeUndefined()
    expect(choose({ destinationPort: 9081, serverName: 'other.example' })).toBe('rest')
    const byNetwork = matcher({
      narrow: { prefixRanges: ['10.1.0.0/16'], sourcePorts: [1] },
      wide: { prefixRanges: ['10.0.0.0/8'] },
    })
    expect(byNetwork({})).toBeUndefined()
    expect(byNetwork({ destinationIp: '10.2.0.1' })).toBe('wide')
  })

  it('takes the longest prefix of the destination', () => {
    const choose = matcher({
      host: { prefixRanges: ['10.1.2.3'] },
      net: { prefixRanges: ['10.1.0.0/16', '2001:db8::/32'] },
      all4: { prefixRanges: ['0.0.0.0/0'] },
      rest: {},
    })
    expect(choose({})).toBe('host')
    expect(choose({ destinationIp: '10.1.9.9' })).toBe('net')
    expect(choose({ destinationIp: '2001:db8:1::1' })).toBe('net')
    expect(choose({ destinationIp: '192.0.2.1' })).toBe('all4')
    expect(choose({ destinationIp: 'fd00::1' })).toBe('rest')
    expect(choose({ destinationIp: undefined })).toBe('rest')
  })

  it('tries application protocols in the order of the client', () => {
    const choose = matcher({
      h2: { applicationProtocols: ['h2'] },
      h1: { applicationProtocols: ['http/1.1'] },
    })
    expect(choose({ applicationProtocols: ['http/1.1', 'h2'] })).toBe('h1')
    expect(choose({ applicationProtocols: ['spdy', 'h2'] })).toBe('h2')
    expect(choose({ applicationProtocols: ['spdy'] })).toBeUndefined()
  })

  it('tells local from external sources', () => {
    const choose = matcher({
      local: { sourceType: 'same-ip-or-loopback' },
      external: { sourceType: 'external' },
    })
    expect(choose({ sourceIp: '127.0.0.1' })).toBe('local')
    expect(choose({ sourceIp: '10.1.2.3' })).toBe('local')
    expect(choose({ sourceIp: '10.9.9.9' })).toBe('external')
    expect(choose({ sourceIp: undefined, destinationIp: undefined })).toBe('local')
  })

  it('matches sources last', () => {
    const choose = matcher({
      office: { sourcePrefixRanges: ['192.0.2.0/24'], sourcePorts: [1, 2] },
      officeAnyPort: { sourcePrefixRanges: ['192.0.2.0/24'] },
      direct: { directSourcePrefixRanges: ['198.51.100.0/24'] },
    })
    expect(choose({ sourceIp: '192.0.2.7', sourcePort: 2 })).toBe('office')
    expect(choose({ sourceIp: '192.0.2.7', sourcePort: 3 })).toBe('officeAnyPort')
    expect(choose({ sourceIp: '198.51.100.1' })).toBe('direct')
    expect(choose({ sourceIp: '203.0.113.1' })).toBeUndefined()
  })

  it('refuses chains that match the same connections', () => {
    expect(() =>
      matcher({ a: { serverNames: ['x.example', 'y.example'] }, b: { serverNames: ['y.example'] } }),
    ).toThrow('filter chains "a" and "b" match the same connections')
  })

  it('finds nothing among no chains', () => {
    expect(matcher({})({})).toBeUndefined()
  })
})
