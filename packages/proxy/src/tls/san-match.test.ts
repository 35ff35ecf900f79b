import { compileStringMatch } from '@batten/core'
import { describe, expect, it } from 'vitest'
import { acceptsPeer, isHostOf, type SanMatcher } from './san-match.ts'

const names = {
  uris: ['spiffe://cluster.local/ns/default/sa/server'],
  dns: ['server.example', '*.wild.example'],
  emails: ['mail@server.example'],
  ips: ['10.0.0.7'],
  others: 0,
}

const exact = (type: SanMatcher['type'], name: string): SanMatcher => ({
  type,
  matcher: compileStringMatch({ exact: name }),
  exact: name,
})

describe('acceptsPeer', () => {
  it.each([
    ['uri', 'spiffe://cluster.local/ns/default/sa/server', true],
    ['dns', 'spiffe://cluster.local/ns/default/sa/server', false],
    ['uri', 'server.example', false],
    ['dns', 'server.example', true],
    ['dns', 'SERVER.Example', true],
    ['dns', 'a.wild.example', true],
    ['dns', 'a.b.wild.example', false],
    ['email', 'mail@server.example', true],
    ['ip', '10.0.0.7', true],
    ['dns', '10.0.0.7', false],
    ['any', 'a.wild.example', true],
    ['any', '10.0.0.7', true],
  ] as const)('looks at names of the kind only: %s %s', (type, name, expected) => {
    expect(acceptsPeer([exact(type, name)], names)).toBe(expected)
  })

  it('knows wildcards for exact matchers only', () => {
    const suffix: SanMatcher = { type: 'dns', matcher: compileStringMatch({ suffix: 'a.wild.example' }) }
    expect(acceptsPeer([suffix], names)).toBe(false)
  })

  it('needs one matcher of several, and accepts everybody without any', () => {
    expect(acceptsPeer([exact('uri', 'x'), exact('dns', 'server.example')], names)).toBe(true)
    expect(acceptsPeer([], { ...names, uris: [], dns: [] })).toBe(true)
  })
})

describe('isHostOf', () => {
  it.each([
    ['foo.example', '*.example', true],
    ['example', '*.example', false],
    ['.example', '*.example', false],
    ['foo.example', 'f*.example', true],
    ['foo.example', '*o.example', true],
    ['foo.example', 'f*o.example', true],
    ['foo.example', '*', false],
    ['foo', '*', false],
    ['foo.example', '*.*', false],
    ['foo.bar.example', 'foo.*.example', false],
    ['xn--bcher-kva.example', '*.example', false],
    ['foo.example', 'f**.example', false],
  ])('%s by %s: %s', (host, dns, expected) => {
    expect(isHostOf(host, dns)).toBe(expected)
  })
})
