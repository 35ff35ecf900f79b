import { take } from './arena'

/** Length in bytes of what {@link encode} returned last. */
export let encodedSize: usize = 0

/** For what writes bytes in other ways than {@link encode}. */
export function setEncodedSize(size: usize): void {
  encodedSize = size
}

/** UTF-8 of a string, in the arena. Its length is {@link encodedSize}. */
export function encode(text: string): usize {
  const length = text.length
  const at = take(<usize>length)
  let from = changetype<usize>(text)
  for (let i: usize = 0; i < <usize>length; i++) {
    const unit = load<u16>(from)
    if (unit >= 0x80) return encodeSlow(text)
    store<u8>(at + i, unit)
    from += 2
  }
  encodedSize = <usize>length
  return at
}

function encodeSlow(text: string): usize {
  const size = <usize>String.UTF8.byteLength(text)
  const at = take(size)
  String.UTF8.encodeUnsafe(changetype<usize>(text), text.length, at)
  encodedSize = size
  return at
}

/** The string of UTF-8 bytes. A malformed sequence becomes U+FFFD, as in browsers. */
export function decode(at: usize, size: usize): string {
  if (size == 0) return ''
  // @ts-ignore: part of the runtime
  const text = __new(size << 1, idof<string>())
  let to = text
  let from = at
  const end = at + size
  while (from + 4 <= end) {
    const word = <u64>load<u32>(from)
    if ((word & 0x80808080) != 0) return decodeSlow(at, size)
    const halves = (word | (word << 16)) & 0x0000ffff0000ffff
    store<u64>(to, (halves | (halves << 8)) & 0x00ff00ff00ff00ff)
    from += 4
    to += 8
  }
  while (from < end) {
    const byte = load<u8>(from)
    if (byte >= 0x80) return decodeSlow(at, size)
    store<u16>(to, byte)
    from += 1
    to += 2
  }
  return changetype<string>(text)
}

/** Strict UTF-8: rejects overlong forms, surrogates and code points over U+10FFFF. */
function decodeSlow(at: usize, size: usize): string {
  const scratch = new StaticArray<u16>(<i32>size)
  let units = 0
  let i = at
  const end = at + size
  while (i < end) {
    const lead = <u32>load<u8>(i++)
    if (lead < 0x80) {
      unchecked((scratch[units++] = <u16>lead))
      continue
    }
    let more = 0
    let point: u32 = 0
    let low: u32 = 0x80
    let high: u32 = 0xbf
    if (lead >= 0xc2 && lead <= 0xdf) {
      more = 1
      point = lead & 0x1f
    } else if (lead >= 0xe0 && lead <= 0xef) {
      more = 2
      point = lead & 0x0f
      if (lead == 0xe0) low = 0xa0
      if (lead == 0xed) high = 0x9f
    } else if (lead >= 0xf0 && lead <= 0xf4) {
      more = 3
      point = lead & 0x07
      if (lead == 0xf0) low = 0x90
      if (lead == 0xf4) high = 0x8f
    }
    let valid = more > 0
    while (valid && more > 0) {
      const next: u32 = i < end ? <u32>load<u8>(i) : 0
      if (next < low || next > high) {
        valid = false
        break
      }
      point = (point << 6) | (next & 0x3f)
      low = 0x80
      high = 0xbf
      more--
      i++
    }
    if (!valid) point = 0xfffd
    if (point >= 0x10000) {
      point -= 0x10000
      unchecked((scratch[units++] = <u16>(0xd800 | (point >> 10))))
      unchecked((scratch[units++] = <u16>(0xdc00 | (point & 0x3ff))))
    } else {
      unchecked((scratch[units++] = <u16>point))
    }
  }
  return String.UTF16.decodeUnsafe(changetype<usize>(scratch), (<usize>units) << 1)
}
