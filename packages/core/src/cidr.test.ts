import { BlockList, isIP } from 'node:net'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Cidr, CidrSet, CidrTable, ipFamily, normalizeIp } from './cidr.ts'

describe('IP addresses', () => {
  it.each([
    ['10.0.0.1', 4, '10.0.0.1'],
    ['255.255.255.255', 4, '255.255.255.255'],
    ['::', 6, '::'],
    ['::1', 6, '::1'],
    ['FD00:0:0:0::1', 6, 'fd00::1'],
    ['1:2:3:4:5:6:7:8', 6, '1:2:3:4:5:6:7:8'],
    ['1:0:0:2:0:0:0:3', 6, '1:0:0:2::3'],
    ['fe80::1%eth0', 6, 'fe80::1'],
    ['::ffff:10.1.2.3', 4, '10.1.2.3'],
    ['::ffff:a01:203', 4, '10.1.2.3'],
    ['64:ff9b::1.2.3.4', 6, '64:ff9b::102:304'],
  ] as const)('reads %s', (text, family, normal) => {
    expect([ipFamily(text), normalizeIp(text)]).toEqual([family, normal])
  })

  it.each([
    '',
    '1',
    '1.2.3',
    '1.2.3.4.5',
    '256.1.1.1',
    '01.2.3.4',
    '1.2.3.',
    '.1.2.3',
    '1..2.3',
    'a.b.c.d',
    ' 1.2.3.4',
  ])('refuses %j', (text) => {
    expect(ipFamily(text)).toBeUndefined()
  })

  it.each([
    ':',
    ':::',
    '1:',
    ':1',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '12345::',
    'g::',
    '::1.2.3',
    '1:2:3:4:5:6:7::8',
  ])('refuses %j', (text) => {
    expect(ipFamily(text)).toBeUndefined()
  })

  it('knows the same addresses as Node', () => {
    const noise = fc.string({ unit: fc.constantFrom(...'0123456789abcdef:.'), maxLength: 18 })
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), noise), (text) => {
        const family = isIP(text)
        expect([text, ipFamily(text) !== undefined]).toEqual([text, family !== 0])
        const normal = normalizeIp(text)
        if (normal !== undefined) expect(normalizeIp(normal)).toBe(normal)
      }),
      { numRuns: 2000 },
    )
  })
})

describe('Cidr', () => {
  it.each([
    ['10.0.0.0/8', '10.255.0.1', '11.0.0.1'],
    ['10.1.2.3/8', '10.0.0.0', '9.255.255.255'],
    ['0.0.0.0/0', '1.2.3.4', '::1'],
    ['192.168.1.7', '192.168.1.7', '192.168.1.8'],
    ['fd00::/8', 'fdff::1', 'fe00::1'],
    ['2001:db8::/33', '2001:db8:7fff::', '2001:db8:8000::'],
    ['::1', '::1', '127.0.0.1'],
    ['::ffff:10.0.0.0/104', '10.9.9.9', '11.0.0.0'],
    ['10.0.0.0/8', '::ffff:10.9.9.9', '::10.9.9.9'],
  ])('%s contains %s and not %s', (range, inside, outside) => {
    const cidr = Cidr.parse(range)
    expect([cidr.contains(inside), cidr.contains(outside)]).toEqual([true, false])
  })

  it.each(['10.0.0.0/33', '10.0.0.0/', '10.0.0.0/-1', '/8', '::/129', '10.0.0/8', 'x/8', '10.0.0.0/8/8'])(
    'refuses %j',
    (text) => {
      expect(() => Cidr.parse(text)).toThrow(expect.objectContaining({ code: 'CIDR_INVALID' }))
    },
  )

  it('prints the network', () => {
    expect(String(Cidr.parse('10.1.2.3/8'))).toBe('10.0.0.0/8')
    expect(String(Cidr.parse('fd00::1/64'))).toBe('fd00::/64')
  })

  it('agrees with Node on which ranges contain which addresses', () => {
    const range = fc.tuple(fc.ipV4(), fc.integer({ min: 0, max: 32 }))
    fc.assert(
      fc.property(
        fc.array(range, { maxLength: 5 }),
        fc.array(fc.ipV4(), { maxLength: 10 }),
        (ranges, addresses) => {
          const list = new BlockList()
          for (const [address, length] of ranges) list.addSubnet(address, length)
          const set = new CidrSet(ranges.map(([address, length]) => Cidr.parse(`${address}/${length}`)))
          for (const address of [...addresses, ...ranges.map(([network]) => network)])
            expect([address, set.contains(address)]).toEqual([address, list.check(address)])
        },
      ),
    )
  })
})

describe('CidrTable', () => {
  it('finds the longest range', () => {
    const table = new CidrTable<string>()
    for (const range of ['0.0.0.0/0', '10.0.0.0/8', '10.1.0.0/16', '10.1.2.3/32', '::/0', 'fd00::/8'])
      table.set(Cidr.parse(range), range)
    table.set(Cidr.parse('10.0.0.0/8'), 'ten')
    expect(
      ['1.1.1.1', '10.2.0.1', '10.1.9.9', '10.1.2.3', 'fd00::1', '::1', 'nonsense'].map((address) =>
        table.find(address),
      ),
    ).toEqual(['0.0.0.0/0', 'ten', '10.1.0.0/16', '10.1.2.3/32', 'fd00::/8', '::/0', undefined])
    expect(table.size).toBe(6)
  })
})
