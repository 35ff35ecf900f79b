import { describe, expect, it } from 'vitest'
import { parsePort } from './parse-port.ts'

describe('parsePort', () => {
  it.each([
    ['0', 0],
    ['8080', 8080],
    ['65535', 65_535],
  ])('takes %s', (text, port) => {
    expect(parsePort(text)).toBe(port)
  })

  it.each(['-1', '65536', '80.5', 'http', '', '1e3', '0x50'])('refuses %j', (text) => {
    expect(() => parsePort(text)).toThrow('a port is a number from 0 (any that is free) to 65535')
  })
})
