import { encodePairs } from './pairs.ts'

/**
 * A property as the guest gets it: bytes, or text whose code units are bytes; undefined when it is absent, null when it
 * is there and cannot be handed over.
 */
export type PropertyValue = Uint8Array | string | undefined | null

/** A map without entries: its count alone. */
export const EMPTY_MAP: Uint8Array = new Uint8Array(4)

export function encodeMap(pairs: readonly (readonly [string, string])[]): Uint8Array {
  return pairs.length === 0 ? EMPTY_MAP : encodePairs(pairs)
}

/** Walks JSON and encodes what it finds: text, numbers as doubles, booleans, objects and lists as pairs. */
export function fromJson(value: unknown, path: readonly string[], from: number): PropertyValue {
  let found = value
  for (let i = from; i < path.length; i++) {
    const segment = path[i]!
    if (Array.isArray(found)) found = found[Number(segment)]
    else if (typeof found === 'object' && found !== null && Object.hasOwn(found, segment)) {
      found = (found as Record<string, unknown>)[segment]
    } else return undefined
  }
  return encodeJson(found)
}

function encodeJson(value: unknown): PropertyValue {
  if (typeof value === 'string') return utf8(value)
  if (typeof value === 'number') return double(value)
  if (typeof value === 'boolean') return Uint8Array.of(value ? 1 : 0)
  if (Array.isArray(value)) return encodeMap(value.map((item) => [latin1(encodeJson(item)), '']))
  if (typeof value === 'object' && value !== null) {
    return encodeMap(
      Object.entries(value).map(([key, item]) => [latin1(utf8(key)), latin1(encodeJson(item))]),
    )
  }
  return undefined
}

function latin1(value: PropertyValue): string {
  if (value === undefined || value === null) return ''
  return typeof value === 'string' ? value : Buffer.from(value).toString('latin1')
}

export function utf8(text: string): Uint8Array {
  return Buffer.from(text, 'utf8')
}

/** Envoy leaves empty text out. */
export function textOrNone(text: string | undefined): PropertyValue {
  return text === undefined || text === '' ? undefined : utf8(text)
}

/** Eight bytes, little endian; `scale` multiplies, for nanoseconds. */
export function int64(value: number, scale = 1n): Uint8Array {
  const bytes = new Uint8Array(8)
  if (!Number.isFinite(value)) return bytes
  new DataView(bytes.buffer).setBigInt64(0, BigInt(Math.trunc(value)) * scale, true)
  return bytes
}

/** Nanoseconds between two moments; undefined until the second one has come. */
export function duration(startMs: number | undefined, endMs: number | undefined): PropertyValue {
  if (startMs === undefined || endMs === undefined) return undefined
  return int64(Math.round((endMs - startMs) * 1000), 1000n)
}

function double(value: number): Uint8Array {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setFloat64(0, value, true)
  return bytes
}

/** An encoded `envoy.config.core.v3.Locality`: three short texts, the empty ones left out. */
export function locality(place: {
  readonly region: string
  readonly zone: string
  readonly subZone: string
}): Uint8Array {
  const parts: Uint8Array[] = []
  for (const [index, text] of [place.region, place.zone, place.subZone].entries()) {
    const bytes = utf8(text)
    if (bytes.length === 0) continue
    // Longer ones have a size of two bytes; names of regions do not.
    if (bytes.length > 127) return EMPTY_BYTES
    parts.push(Uint8Array.of((index + 1) * 8 + 2, bytes.length), bytes)
  }
  return Buffer.concat(parts)
}

const EMPTY_BYTES = new Uint8Array(0)
