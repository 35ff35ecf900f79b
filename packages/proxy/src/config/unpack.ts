import { BattenError } from '@batten/core'
import {
  type Any,
  anyName,
  codec,
  findCodec,
  type MessageName,
  type MessageTypes,
  messageDescriptor,
  structToJson,
  TYPED_STRUCT_NAMES,
  type TypedStruct,
} from '@batten/xds'
import type { FieldPath } from './field-path.ts'

/** The configuration of an extension, looked up by its type URL. */
export interface UnpackedExtension {
  /** Full message name: what follows the last slash of the type URL. */
  readonly name: string
  readonly typeUrl: string
  /** The message of `name`; for a `TypedStruct` of a type without a codec, its JSON. */
  readonly message: object
  /** No codec knows `name`: `message` is JSON. */
  readonly isJson: boolean
}

/**
 * Decodes a message and refuses fields that our descriptor does not have: a newer management server means something
 * by them that this proxy would not do.
 *
 * Differs from Envoy: unknown fields are always refused, as with its `--reject-unknown-dynamic-fields`.
 */
export function decodeStrict<N extends MessageName>(
  name: N,
  bytes: Uint8Array,
  at: FieldPath,
): MessageTypes[N] {
  return decodeByName(name, bytes, at) as MessageTypes[N]
}

/** Unwraps an `Any` that has to be of one type. */
export function unpackAs<N extends MessageName>(
  name: N,
  any: Any | undefined,
  at: FieldPath,
): MessageTypes[N] {
  const unpacked = unpackExtension(any, at)
  if (unpacked.name !== name) throw at.unsupported(`expected ${name}, got ${unpacked.name}`)
  return unpacked.message as MessageTypes[N]
}

/** Unwraps the `typed_config` of an extension, looking through `TypedStruct`. */
export function unpackExtension(any: Any | undefined, at: FieldPath): UnpackedExtension {
  if (any === undefined || (any.typeUrl ?? '') === '') throw at.invalid('needs a message with "@type"')
  const name = anyName(any)
  const bytes = any.value ?? EMPTY
  if (!(TYPED_STRUCT_NAMES as readonly string[]).includes(name)) {
    if (findCodec(name) === undefined) throw unknownExtension(any.typeUrl!, at)
    return { name, typeUrl: any.typeUrl!, message: decodeByName(name, bytes, at), isJson: false }
  }
  const struct = decodeByName(name, bytes, at) as TypedStruct
  const typeUrl = struct.typeUrl ?? ''
  if (typeUrl === '') throw at.field('typeUrl').invalid('a TypedStruct needs a type_url')
  return { name: anyName({ typeUrl }), typeUrl, message: structToJson(struct.value ?? {}), isJson: true }
}

/** The error for an extension that nothing here implements. */
export function unknownExtension(typeUrl: string, at: FieldPath): BattenError {
  return new BattenError('PROXY_UNKNOWN_EXTENSION', {
    message: `${typeUrl} is not supported yet`,
    where: at.toString(),
  })
}

function decodeByName(name: string, bytes: Uint8Array, at: FieldPath): object {
  let unknown: string | undefined
  const message = at.within(() =>
    codec(name as MessageName).decode(bytes, {
      onUnknownField: (owner, number) => {
        unknown ??= `field ${number} of ${owner} is not known to this proxy${isOurs(owner) ? '' : ' (map entry)'}`
      },
    }),
  )
  if (unknown !== undefined) throw at.unsupported(unknown)
  return message
}

function isOurs(owner: string): boolean {
  return messageDescriptor(owner) !== undefined
}

const EMPTY = new Uint8Array(0)
