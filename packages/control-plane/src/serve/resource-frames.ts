import type { Resource } from '../model/resource.ts'

/**
 * Discovery responses put together by hand around bytes that the whole mesh shares: a resource is never decoded or
 * encoded again on its way out.
 *
 * Fields of `DiscoveryResponse`: version_info 1, resources 2 (Any), type_url 4, nonce 5, control_plane 6.
 * `DeltaDiscoveryResponse`: system_version_info 1, resources 2 (Resource), type_url 4, nonce 5, removed_resources 6,
 * control_plane 7. `Resource`: version 1, resource 2 (Any), name 3. `Any`: type_url 1, value 2.
 */

/** What goes around a resource's value, made once a resource. */
interface Envelope {
  /** `resources` of a delta response up to the value; its end is the same in both forms. */
  readonly deltaHead: Buffer
  /** `resources` of a state-of-the-world response up to the value. */
  readonly anyHead: Buffer
  /** The name, which in a delta response follows the value. */
  readonly deltaTail: Buffer
}

const envelopes = new WeakMap<Resource, Envelope>()

export interface DeltaFrame {
  readonly typeUrl: string
  readonly nonce: string
  readonly systemVersion: string
  readonly resources: readonly Resource[]
  readonly removed: readonly string[]
}

/** Encodes a `DeltaDiscoveryResponse`. */
export function encodeDeltaResponse(frame: DeltaFrame, controlPlane: Buffer): Buffer {
  const parts: Uint8Array[] = [textField(1, frame.systemVersion)]
  for (const resource of frame.resources) {
    const { deltaHead, deltaTail } = envelopeOf(resource)
    parts.push(deltaHead, resource.value, deltaTail)
  }
  parts.push(textField(4, frame.typeUrl), textField(5, frame.nonce))
  for (const name of frame.removed) parts.push(textField(6, name))
  parts.push(bytesField(7, controlPlane))
  return Buffer.concat(parts)
}

export interface SotwFrame {
  readonly typeUrl: string
  readonly nonce: string
  readonly version: string
  readonly resources: readonly Resource[]
}

/** Encodes a `DiscoveryResponse`. */
export function encodeSotwResponse(frame: SotwFrame, controlPlane: Buffer): Buffer {
  const parts: Uint8Array[] = [textField(1, frame.version)]
  for (const resource of frame.resources) parts.push(envelopeOf(resource).anyHead, resource.value)
  parts.push(textField(4, frame.typeUrl), textField(5, frame.nonce), bytesField(6, controlPlane))
  return Buffer.concat(parts)
}

/** Bytes that a resource takes in a response. */
export function resourceSize(resource: Resource): number {
  const { deltaHead, deltaTail } = envelopeOf(resource)
  return deltaHead.length + resource.value.length + deltaTail.length
}

/** The encoded `ControlPlane` message that responses carry. */
export function encodeControlPlane(identifier: string): Buffer {
  return textField(1, identifier)
}

function envelopeOf(resource: Resource): Envelope {
  let envelope = envelopes.get(resource)
  if (envelope !== undefined) return envelope
  const valueHead = Buffer.concat([textField(1, resource.typeUrl), fieldHead(2, resource.value.length)])
  const anyHead = Buffer.concat([fieldHead(2, valueHead.length + resource.value.length), valueHead])
  const version = textField(1, resource.version)
  const deltaTail = textField(3, resource.name)
  const length = version.length + anyHead.length + resource.value.length + deltaTail.length
  envelope = { deltaHead: Buffer.concat([fieldHead(2, length), version, anyHead]), anyHead, deltaTail }
  envelopes.set(resource, envelope)
  return envelope
}

/** A string field; nothing for an empty one, as proto3 has it. */
function textField(number: number, text: string): Buffer {
  return text === '' ? EMPTY : bytesField(number, Buffer.from(text))
}

function bytesField(number: number, bytes: Buffer): Buffer {
  return Buffer.concat([fieldHead(number, bytes.length), bytes])
}

/** Tag and length of a length-delimited field whose number is below 16. */
function fieldHead(number: number, length: number): Buffer {
  const bytes = [(number << 3) | 2]
  for (let rest = length; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest])
    bytes.push((rest % 128) | 0x80)
  }
}

const EMPTY = Buffer.alloc(0)
