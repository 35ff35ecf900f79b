import fc from 'fast-check'
import { expect, it } from 'vitest'
import { ServerFixture } from '../../test/support/codec-recorder.ts'
import { HeadParser } from './codec/http1-parser.ts'
import { DEFAULT_HEAD_LIMITS } from './codec/limits.ts'
import { RequestHeaderTable, ResponseHeaderTable } from './header-table.ts'
import { HEADER_NAMES, headerId, headerIdOfBytes } from './known-headers.ts'

function parsed(...lines: string[]): RequestHeaderTable {
  const table = new RequestHeaderTable()
  const bytes = Buffer.from(
    `GET /a?b=c HTTP/1.1\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`,
    'latin1',
  )
  expect(new HeadParser(DEFAULT_HEAD_LIMITS).parseRequest(bytes, 0, bytes.length, table)).toBe(bytes.length)
  return table
}

it('knows every name in its table by text and by bytes, and no other', () => {
  for (const [id, name] of HEADER_NAMES.entries()) {
    if (id === 0) continue
    expect([name, headerId(name), headerIdOfBytes(Buffer.from(name), 0, name.length)]).toEqual([name, id, id])
    for (let i = 0; i < name.length; i++) {
      const other = `${name.slice(0, i)}_${name.slice(i + 1)}`
      expect(headerIdOfBytes(Buffer.from(other), 0, other.length)).toBe(0)
    }
  }
})

it('prints fields that nobody touched as they arrived, names in lower case', () => {
  const table = parsed(
    'Host: a.example',
    'User-Agent: x/1',
    'X-Own:no-space',
    'Accept: */* ',
    'X-Empty:',
    'Via: 1',
  )
  expect(table.toLines()).toBe('user-agent: x/1\r\nx-own: no-space\r\naccept: */*\r\nx-empty: \r\nvia: 1\r\n')
})

it('reaches pseudo-headers by name and host as the authority', () => {
  const table = parsed('Host: a.example', 'X-A: 1')
  expect([':method', ':path', ':authority', 'host', ':scheme', 'x-a'].map((n) => table.get(n))).toEqual([
    'GET',
    '/a?b=c',
    'a.example',
    'a.example',
    undefined,
    '1',
  ])
  table.set(':path', '/z')
  table.set('host', 'b.example')
  expect([table.path, table.authority, table.remove(':path'), table.size]).toEqual([
    '/z',
    'b.example',
    false,
    1,
  ])
})

it('keeps what would break the wire format out of added fields', () => {
  const table = new ResponseHeaderTable(200)
  table.add('x-split', 'a\r\nset-cookie: evil')
  table.add('x-wide', 'a\u010d\u010ab')
  table.add('bad name', '1')
  table.add('', '1')
  table.set('x-nul', '\0')
  expect(table.toLines()).toBe('x-split: a  set-cookie: evil\r\nx-wide: a  b\r\nx-nul:  \r\n')
})

it('changes the status of a response only to a valid final one', () => {
  const table = new ResponseHeaderTable(200)
  for (const status of ['404', '99', '100', 'abc', '6000']) table.set(':status', status)
  expect([table.status, table.get(':status')]).toEqual([404, '404'])
})

const names = ['accept', 'x-request-id', 'via', 'x-own', 'x-other', 'set-cookie']
const operation = fc.oneof(
  fc.record({
    op: fc.constantFrom('set' as const, 'add' as const),
    name: fc.constantFrom(...names),
    value: fc.stringMatching(/^[a-z]{0,3}$/),
  }),
  fc.record({ op: fc.constant('remove' as const), name: fc.constantFrom(...names), value: fc.constant('') }),
)

it('behaves as a plain list of fields under any sequence of changes', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom(...names), fc.stringMatching(/^[a-z]{0,3}$/)), { maxLength: 8 }),
      fc.array(operation, { maxLength: 20 }),
      (initial, operations) => {
        const table = parsed('Host: h', ...initial.map(([name, value]) => `${name.toUpperCase()}: ${value}`))
        let model: [string, string][] = [...initial]
        for (const { op, name, value } of operations) {
          if (op === 'add') table.add(name, value)
          else if (op === 'set') table.set(name, value)
          else expect(table.remove(name)).toBe(model.some(([n]) => n === name))
          if (op !== 'add') model = model.filter(([n]) => n !== name)
          if (op !== 'remove') model.push([name, value])
        }
        expect(table.size).toBe(model.length)
        expect(table.toLines()).toBe(model.map(([n, v]) => `${n}: ${v}\r\n`).join(''))
        for (const name of names) {
          const values = model.filter(([n]) => n === name).map(([, v]) => v)
          expect([table.has(name), table.get(name), table.getAll(name)]).toEqual([
            values.length > 0,
            values[0],
            values,
          ])
        }
      },
    ),
  )
})

it('does not depend on the read buffer after the head was parsed', () => {
  const fixture = new ServerFixture()
  fixture.transport.receive('GET /kept HTTP/1.1\r\nHost: a\r\nX-Kept: value\r\n\r\n')
  expect(fixture.requests[0]).toMatchObject({ path: '/kept', authority: 'a', fields: [['x-kept', 'value']] })
})
