import fc from 'fast-check'
import { expect, it } from 'vitest'
import { ServerFixture } from '../../../test/support/codec-recorder.ts'
import { referenceParse } from '../../../test/support/reference-parser.ts'

const name = fc.constantFrom('X-A', 'accept', 'Content-Type', 'x-b', 'COOKIE', 'Host2', 'Content-Lengt')
const value = fc.stringMatching(/^[\x21-\x7e\x80-\xff]{0,12}$/)
const field = fc
  .tuple(name, fc.constantFrom(':', ': ', ':\t '), value, fc.constantFrom('', ' ', '\t'))
  .map((parts) => parts.join(''))
const body = fc.stringMatching(/^[\x00-\xff]{0,40}$/)

const framing = fc.oneof(
  fc.constant({ fields: [] as string[], bytes: '' }),
  body.map((text) => ({ fields: [`Content-Length: ${text.length}`], bytes: text })),
  fc.tuple(fc.array(body, { maxLength: 3 }), fc.array(field, { maxLength: 2 })).map(([chunks, trailers]) => ({
    fields: ['Transfer-Encoding: chunked'],
    bytes: `${chunks
      .filter((chunk) => chunk !== '')
      .map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`)
      .join('')}0\r\n${trailers.map((line) => `${line}\r\n`).join('')}\r\n`,
  })),
)

const request = fc
  .tuple(fc.constantFrom('GET', 'POST', 'PUT'), fc.webPath(), fc.array(field, { maxLength: 5 }), framing)
  .map(([method, path, fields, frame]) =>
    [
      `${method} /${path.replace(/[^\x21-\x7e]/g, '')} HTTP/1.1`,
      'Host: a.b:80',
      ...fields,
      ...frame.fields,
      '',
      frame.bytes,
    ].join('\r\n'),
  )

/** Valid requests, sometimes damaged in one place. */
const wire = fc
  .tuple(
    fc.array(request, { minLength: 1, maxLength: 3 }),
    fc.option(
      fc.record({
        at: fc.nat(),
        drop: fc.integer({ min: 0, max: 3 }),
        insert: fc.constantFrom(
          '',
          '\r',
          '\n',
          '\0',
          ' ',
          ':',
          '\r\n',
          '\r\n ',
          'Content-Length: 3\r\n',
          'é',
          '0',
        ),
      }),
    ),
  )
  .map(([requests, damage]) => {
    const text = requests.join('')
    if (damage === null) return text
    const at = damage.at % text.length
    return text.slice(0, at) + damage.insert + text.slice(at + damage.drop)
  })

it('agrees with a slow, simple parser on every request, however the bytes are cut', () => {
  fc.assert(
    fc.property(
      wire,
      fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 6 }),
      (text, cuts) => {
        // Empty lines before a request line are skipped by design; the reference does not know them.
        fc.pre(!text.startsWith('\r'))
        const fixture = new ServerFixture({ answer: 204, allowCustomMethods: true })
        for (let at = 0, i = 0; at < text.length; i++) {
          const length = cuts[i % cuts.length]!
          fixture.transport.receive(text.slice(at, at + length))
          at += length
        }
        const reference = referenceParse(text)
        const complete = fixture.requests.filter((r) => r.ended)
        const expected = reference.requests.map((r) => ({
          method: r.method,
          path: r.target,
          fields: r.fields.filter(([n]) => n !== 'host'),
          body: r.body,
          trailers: r.trailers,
        }))
        if (reference.end === 'more') {
          // What is incomplete for the reference may be refused early, but never accepted as something else.
          expect(
            complete.map(({ method, path, fields, body, trailers }) => ({
              method,
              path,
              fields,
              body,
              trailers,
            })),
          ).toEqual(expected.slice(0, complete.length))
          expect(expected.length - complete.length).toBeLessThanOrEqual(1)
        } else if (reference.end === 'refused') {
          expect(fixture.refused, JSON.stringify(text)).toBeDefined()
          expect(complete.length).toBe(expected.length)
        } else {
          expect(fixture.requests.at(-1)?.reset, JSON.stringify(text)).toBe('protocol-error')
          expect(complete.length).toBe(expected.length - 1)
        }
      },
    ),
    { numRuns: 3000 },
  )
})

it('never throws and never accepts a request from random bytes', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 5 }), (chunks) => {
      const fixture = new ServerFixture({ answer: 204 })
      for (const chunk of chunks)
        if (fixture.refused === undefined) fixture.transport.receive(Buffer.from(chunk))
      expect(fixture.requests).toEqual([])
    }),
  )
})
