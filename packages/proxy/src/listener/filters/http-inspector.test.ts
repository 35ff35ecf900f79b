import { Counter } from '@batten/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createHttpInspector } from './http-inspector.ts'
import type { InspectedConnection } from './listener-filter.ts'

function inspect(text: string, step = text.length || 1, transportProtocol = '') {
  const connection: InspectedConnection = { transportProtocol, serverName: '', applicationProtocols: [] }
  const filter = createHttpInspector({ counter: () => new Counter() }).create()
  const bytes = Buffer.from(text, 'latin1')
  for (let end = Math.min(step, bytes.length); ; end = Math.min(end + step, bytes.length)) {
    const verdict = filter.inspect(bytes.subarray(0, end), connection)
    if (verdict !== 'more' || end === bytes.length)
      return { verdict, protocols: connection.applicationProtocols }
  }
}

const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'

describe('the HTTP inspector', () => {
  it.each([
    ['GET /a?b HTTP/1.1\r\n', 'done', ['http/1.1']],
    ['POST /a HTTP/1.0\nHost: x', 'done', ['http/1.0']],
    ['M-SEARCH * HTTP/1.1\r\n', 'done', ['http/1.1']],
    [preface, 'done', ['h2c']],
    ['', 'more', []],
    ['PRI * HTT', 'more', []],
    ['PROPFIND /x', 'more', []],
    ['GET / HTTP/1.2\r\n', 'done', []],
    ['GET / HTTP/1.1 extra\r\n', 'done', []],
    ['GET /\r\n', 'done', []],
    ['get / HTTP/1.1\r\n', 'done', []],
    ['*3\r\n$3\r\nSET', 'done', []],
    ['\u0000\u0001', 'done', []],
    [`GET /${'a'.repeat(9000)}`, 'done', []],
  ])('%j', (text, verdict, protocols) => {
    expect(inspect(text)).toEqual({ verdict, protocols })
  })

  it('decides the same however the bytes arrive', () => {
    const samples = [
      'GET /a HTTP/1.1\r\n',
      preface,
      'PRIORITIZE /x HTTP/1.0\r\n',
      'ping\r\n',
      'GET /a b HTTP/1.1\r\n',
    ]
    fc.assert(
      fc.property(fc.constantFrom(...samples), fc.integer({ min: 1, max: 30 }), (text, step) => {
        expect(inspect(text, step).protocols).toEqual(inspect(text).protocols)
      }),
    )
  })

  it('looks at nothing inside of TLS', () => {
    expect(inspect('GET / HTTP/1.1\r\n', 100, 'tls')).toEqual({ verdict: 'done', protocols: [] })
  })
})
