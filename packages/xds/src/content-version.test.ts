import { describe, expect, it } from 'vitest'
import { contentVersion } from './content-version.ts'

describe('the version of a resource', () => {
  it('is the beginning of the SHA-256 of its bytes, in hex', () => {
    // Test vectors of FIPS 180: the empty message and "abc".
    expect(contentVersion(new Uint8Array(0))).toBe('e3b0c44298fc1c14')
    expect(contentVersion(new TextEncoder().encode('abc'))).toBe('ba7816bf8f01cfea')
  })

  it('covers the bytes of a view alone, not of the buffer behind it', () => {
    const buffer = new TextEncoder().encode('xabcx')
    expect(contentVersion(buffer.subarray(1, 4))).toBe('ba7816bf8f01cfea')
  })
})
