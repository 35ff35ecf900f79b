import { findCodec, type MessageName, messageFromJson } from '@batten/xds'
import type { FieldPath } from './field-path.ts'
import type { UnpackedExtension } from './unpack.ts'

/**
 * The configuration of an extension as its definition wants it: the message. What came as a `TypedStruct` is read as
 * that message's JSON; types without a codec (in-house filters) get the JSON itself.
 */
export function typedConfigOf(unpacked: UnpackedExtension, at: FieldPath): unknown {
  if (!unpacked.isJson || !hasCodec(unpacked)) return unpacked.message
  return at.within(() => messageFromJson(unpacked.name as MessageName, unpacked.message))
}

/** Whether the type is a protobuf message that we know; in-house filters are configured by JSON. */
export function hasCodec({ name }: UnpackedExtension): boolean {
  return findCodec(name) !== undefined
}
