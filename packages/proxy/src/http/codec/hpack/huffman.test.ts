import { describe, expect, it } from 'vitest'
import { CODE_BITS, CODES, EOS } from './huffman-code.ts'
import { huffmanDecode, maxHuffmanDecodedBytes } from './huffman-decoder.ts'
import { huffmanBytes, huffmanEncode } from './huffman-encoder.ts'

function encode(text: string): Buffer {
  const target = Buffer.alloc(huffmanBytes(text))
  expect(huffmanEncode(text, target, 0, target.length + 1)).toBe(target.length)
  return target
}

function decode(coded: Uint8Array): string {
  const target = Buffer.alloc(maxHuffmanDecodedBytes(coded.length))
  return target.toString('latin1', 0, huffmanDecode(coded, 0, coded.length, target))
}

describe('the code', () => {
  // One symbol at least of each length in appendix B, most of them bytes that no header field may hold.
  it.each([
    [0x30, 0x0, 5],
    [0x61, 0x3, 5],
    [0x20, 0x14, 6],
    [0x3a, 0x5c, 7],
    [0x26, 0xf8, 8],
    [0x3f, 0x3fc, 10],
    [0x7c, 0x7fc, 11],
    [0x3e, 0xffb, 12],
    [0x00, 0x1ff8, 13],
    [0x5e, 0x3ffc, 14],
    [0x7b, 0x7ffe, 15],
    [0x5c, 0x7fff0, 19],
    [0x80, 0xfffe6, 20],
    [0x99, 0x1fffdc, 21],
    [0x81, 0x3fffd2, 22],
    [0x01, 0x7fffd8, 23],
    [0x09, 0xffffea, 24],
    [0xc7, 0x1ffffec, 25],
    [0xc0, 0x3ffffe0, 26],
    [0xff, 0x3ffffee, 26],
    [0xcb, 0x7ffffde, 27],
    [0xfe, 0x7fffff0, 27],
    [0x02, 0xfffffe2, 28],
    [0x7f, 0xffffffc, 28],
    [0xf9, 0xffffffe, 28],
    [0x0a, 0x3ffffffc, 30],
    [0x0d, 0x3ffffffd, 30],
    [0x16, 0x3ffffffe, 30],
    [EOS, 0x3fffffff, 30],
  ])('of symbol %i is the one of RFC 7541', (symbol, code, bits) => {
    expect({ code: CODES[symbol], bits: CODE_BITS[symbol] }).toEqual({ code, bits })
  })

  it('has no bits that start no symbol', () => {
    expect(CODE_BITS.reduce((sum, bits) => sum + 2 ** -bits, 0)).toBe(1)
  })
})

it('gives up when the code does not end before the limit', () => {
  const target = Buffer.alloc(20)
  // 25 bits, and 7 of padding.
  expect(huffmanEncode('00000', target, 0, 5)).toBe(4)
  expect(huffmanEncode('00000', target, 0, 4)).toBe(-1)
  expect(huffmanEncode('\n\n\n\n', target, 0, 4)).toBe(-1)
  expect(huffmanEncode('', target, 3, 3)).toBe(-1)
})

it('round-trips each pair of bytes', () => {
  for (let first = 0; first < 256; first++) {
    let text = ''
    for (let second = 0; second < 256; second++) text += String.fromCharCode(first, second)
    expect(decode(encode(text))).toBe(text)
  }
})

it('round-trips each byte after each number of bits', () => {
  for (let byte = 0; byte < 256; byte++) {
    for (let before = 0; before < 8; before++) {
      const text = `${'a'.repeat(before)}${String.fromCharCode(byte)}`
      expect(decode(encode(text))).toBe(text)
      expect(decode(encode(`${text}z`))).toBe(`${text}z`)
    }
  }
})
