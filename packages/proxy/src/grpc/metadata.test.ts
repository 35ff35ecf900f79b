import { describe, expect, it } from 'vitest'
import { decodeGrpcMessage, fieldsToMetadata, metadataToFields } from './metadata.ts'

describe('metadata', () => {
  it('becomes header fields, bytes as base64', () => {
    expect(
      metadataToFields([
        ['Authorization', 'Bearer x'],
        ['a-bin', Uint8Array.of(255, 254, 0)],
        ['b-bin', Uint8Array.of(1)],
        ['c-bin', 'AQ'],
        ['empty', ''],
      ]),
    ).toEqual([
      ['authorization', 'Bearer x'],
      ['a-bin', '//4A'],
      ['b-bin', 'AQ'],
      ['c-bin', 'AQ'],
      ['empty', ''],
    ])
  })

  it('comes from header fields without what belongs to the protocol', () => {
    expect(
      fieldsToMetadata([
        ['content-type', 'application/grpc'],
        ['grpc-status', '0'],
        ['grpc-encoding', 'identity'],
        ['server', 'x'],
        ['a-bin', '//4A,AQ=='],
      ]),
    ).toEqual([
      ['server', 'x'],
      ['a-bin', Buffer.from([255, 254, 0])],
      ['a-bin', Buffer.from([1])],
    ])
  })

  it.each<[string, string | Uint8Array, string]>([
    ['a b', 'x', 'metadata: the name "a b" is not allowed'],
    [':path', 'x', 'metadata: the name ":path" is not allowed'],
    ['', 'x', 'metadata: the name "" is not allowed'],
    ['grpc-timeout', '1S', 'metadata: grpc-timeout belongs to the protocol'],
    ['TE', 'x', 'metadata: te belongs to the protocol'],
    ['a', 'secret\n', 'metadata: a has a value that is not printable ASCII'],
    ['a', 'sécret', 'metadata: a has a value that is not printable ASCII'],
    ['a', Uint8Array.of(1), 'metadata: a has bytes, and its name does not end in -bin'],
  ])('is refused as %j: %j', (name, value, message) => {
    expect(() => metadataToFields([[name, value]])).toThrow(new Error(message))
  })
})

describe('the message of a status', () => {
  it.each([
    ['', ''],
    ['no such cluster', 'no such cluster'],
    ['100%25 of %C3%A4pfel%0a', '100% of äpfel\n'],
    ['50% off, %zz and %4', '50% off, %zz and %4'],
    ['raw \u00c3\u00a4 as latin1 of UTF-8', 'raw ä as latin1 of UTF-8'],
    ['%ff', '\ufffd'],
  ])('%j is %j', (value, message) => {
    expect(decodeGrpcMessage(value)).toBe(message)
  })

  it('is cut to a length that fits in a log', () => {
    expect(decodeGrpcMessage('x'.repeat(60_000))).toHaveLength(4096)
  })
})
