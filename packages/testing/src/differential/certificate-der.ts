/** DER as far as certificates need it; the harness shares no code with what it judges. */

export function element(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts)
  if (content.length < 0x80) return Buffer.concat([Buffer.from([tag, content.length]), content])
  const length: number[] = []
  for (let rest = content.length; rest > 0; rest >>= 8) length.unshift(rest & 0xff)
  return Buffer.concat([Buffer.from([tag, 0x80 | length.length, ...length]), content])
}

export const sequence = (...parts: readonly Uint8Array[]) => element(0x30, ...parts)
export const octets = (...parts: readonly Uint8Array[]) => element(0x04, ...parts)
export const bits = (bytes: Uint8Array, unused = 0) => element(0x03, Buffer.from([unused]), bytes)
export const text = (value: string) => element(0x0c, Buffer.from(value))
export const TRUE = element(0x01, Buffer.from([0xff]))

export function integer(bytes: Uint8Array): Buffer {
  return element(0x02, bytes[0]! & 0x80 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes)
}

export function objectId(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  const bytes = [first * 40 + second]
  for (const part of rest) {
    const septets = [part & 0x7f]
    for (let left = part >> 7; left > 0; left >>= 7) septets.unshift(0x80 | (left & 0x7f))
    bytes.push(...septets)
  }
  return element(0x06, Buffer.from(bytes))
}

export function utcTime(date: Date): Buffer {
  const digits = date.toISOString().replace(/[-:T]/g, '').replace(/\.\d+/, '')
  return element(0x17, Buffer.from(digits.slice(2)))
}
