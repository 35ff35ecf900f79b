import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HostTable, portOf, stripPort } from './host-match.ts'

function table(...domains: string[]): HostTable<string> {
  const hosts = new HostTable<string>()
  for (const domain of domains) hosts.add(domain, domain)
  return hosts
}

describe('HostTable', () => {
  const hosts = table(
    '*',
    'a.com',
    '*.com',
    '*.b.com',
    '*-x.b.com',
    'c.*',
    'c.d.*',
    'www-*',
    'Upper.Case',
    'a.com:8080',
  )

  it.each([
    ['a.com', 'a.com'],
    ['A.COM', 'a.com'],
    ['a.com:8080', 'a.com:8080'],
    ['a.com:80', '*'],
    ['z.com', '*.com'],
    ['q.b.com', '*.b.com'],
    ['q-x.b.com', '*-x.b.com'],
    ['-x.b.com', '*.b.com'],
    ['.com', '*'],
    ['c.org', 'c.*'],
    ['c.d.org', 'c.d.*'],
    ['c.d.com', '*.com'],
    ['c.', '*'],
    ['www-1', 'www-*'],
    ['upper.case', 'Upper.Case'],
    ['', '*'],
  ])('sends %s to %s', (host, domain) => {
    expect(hosts.find(host)).toBe(domain)
  })

  it('finds nothing where nothing fits', () => {
    expect(table('a.com', '*.b.com').find('b.com')).toBeUndefined()
  })

  it.each(['a.com', 'A.com', '*', '*.com', 'c.*'])('refuses %s a second time', (domain) => {
    expect(() => hosts.add(domain, 'again')).toThrow(expect.objectContaining({ code: 'HOST_DUPLICATE' }))
  })

  it('chooses as a search through all domains would', () => {
    const label = fc.string({ unit: fc.constantFrom('a', 'b', '.', '-'), minLength: 1, maxLength: 5 })
    const domain = fc.oneof(
      label,
      label.map((text) => `*${text}`),
      label.map((text) => `${text}*`),
    )
    fc.assert(
      fc.property(fc.uniqueArray(domain, { maxLength: 12 }), label, (domains, host) => {
        const rank = (candidate: string): number => {
          if (candidate === host) return 1000
          if (candidate.startsWith('*'))
            return host.length >= candidate.length && host.endsWith(candidate.slice(1))
              ? 100 + candidate.length
              : 0
          const isPrefix =
            candidate.endsWith('*') &&
            host.length >= candidate.length &&
            host.startsWith(candidate.slice(0, -1))
          return isPrefix ? candidate.length : 0
        }
        const best = domains.filter((candidate) => rank(candidate) > 0).sort((a, b) => rank(b) - rank(a))[0]
        expect(table(...domains).find(host)).toBe(best)
      }),
      { numRuns: 1000 },
    )
  })
})

describe('ports of authorities', () => {
  it.each([
    ['a.com', 'a.com', undefined],
    ['a.com:80', 'a.com', 80],
    ['[::1]:8080', '[::1]', 8080],
    ['[::1]', '[::1]', undefined],
    ['::1', '::1', undefined],
    ['1.2.3.4:5', '1.2.3.4', 5],
    ['a.com:', 'a.com:', undefined],
    ['a.com:x', 'a.com:x', undefined],
    ['a.com:123456', 'a.com:123456', undefined],
    ['80', '80', undefined],
  ])('%s is %s and %s', (authority, host, port) => {
    expect([stripPort(authority), portOf(authority)]).toEqual([host, port])
  })
})
