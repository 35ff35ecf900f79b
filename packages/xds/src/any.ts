import { BattenError } from '@batten/core'
import { codec, findCodec, type MessageName } from './codec.ts'
import type { MessageTypes } from './gen/message-types.ts'
import type { Any, TypedStruct } from './gen/types.ts'

/** An unpacked `Any`: switch on `name`, and `message` has the type that belongs to it. */
export type Unpacked = {
  [N in MessageName]: { readonly name: N; readonly message: MessageTypes[N] }
}[MessageName]

/** The two names under which a TypedStruct travels; Envoy takes both, Istio sends the older one. */
export const TYPED_STRUCT_NAMES: readonly MessageName[] = [
  'xds.type.v3.TypedStruct',
  'udpa.type.v1.TypedStruct',
]

/**
 * Wraps a message.
 *
 * @example packAny('envoy.extensions.filters.http.router.v3.Router', {})
 */
export function packAny<N extends MessageName>(name: N, message: MessageTypes[N]): Any {
  const found = codec(name)
  return { typeUrl: found.typeUrl, value: found.encode(message) }
}

/**
 * Unwraps a message of any type that we know.
 *
 * @throws BattenError `XDS_UNKNOWN_TYPE` if there is no codec, `XDS_DECODE_FAILED` for bytes that are no such message
 * @example
 * const unpacked = unpackAny(filter.typedConfig)
 * if (unpacked.name === 'envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy') unpacked.message.statPrefix
 */
export function unpackAny(any: Any): Unpacked {
  const name = anyName(any)
  const found = findCodec(name)
  if (found === undefined) throw unknownType(any.typeUrl ?? '')
  return { name, message: found.decode(any.value ?? EMPTY) } as Unpacked
}

/**
 * Unwraps a message that has to be of one type.
 *
 * @throws BattenError `XDS_UNKNOWN_TYPE` if it is of another type
 */
export function unpackAnyAs<N extends MessageName>(name: N, any: Any): MessageTypes[N] {
  if (anyName(any) !== name)
    throw new BattenError('XDS_UNKNOWN_TYPE', {
      message: `expected ${name}, got ${any.typeUrl || 'no type URL'}`,
    })
  return codec(name).decode(any.value ?? EMPTY)
}

/** The full message name in the type URL: what follows the last slash. Empty if there is none. */
export function anyName(any: Any): string {
  return typeUrlName(any.typeUrl ?? '')
}

/** `type.googleapis.com/a.B` -> `a.B`. Any prefix counts, as in Envoy. */
export function typeUrlName(typeUrl: string): string {
  return typeUrl.slice(typeUrl.lastIndexOf('/') + 1)
}

/** What an extension's configuration says after unwrapping: its own message, or a TypedStruct that stands for one. */
export type ExtensionConfig =
  | (Unpacked & { readonly typeUrl: string; readonly struct: undefined })
  | {
      readonly typeUrl: string
      readonly name: string
      readonly struct: TypedStruct['value']
      readonly message: undefined
    }

/**
 * Unwraps the `typed_config` of an extension. A TypedStruct is looked through: its `type_url` says which extension is
 * meant, and the fields are in `struct` (turn it into the message with `codec.fromJson`).
 *
 * @throws BattenError as {@link unpackAny}
 */
export function unpackExtension(any: Any): ExtensionConfig {
  const unpacked = unpackAny(any)
  if (!(TYPED_STRUCT_NAMES as readonly string[]).includes(unpacked.name))
    return { ...unpacked, typeUrl: any.typeUrl ?? '', struct: undefined }
  const { typeUrl = '', value } = unpacked.message as TypedStruct
  return { typeUrl, name: typeUrlName(typeUrl), struct: value ?? {}, message: undefined }
}

/** The error for a type URL without a codec. */
export function unknownType(typeUrl: string, where?: string): BattenError {
  return new BattenError('XDS_UNKNOWN_TYPE', {
    message: typeUrl === '' ? 'an Any without a type URL' : `unknown message type ${typeUrl}`,
    hint: typeUrl === '' ? 'give "@type"' : 'this extension is not supported; remove it or update Batten',
    where,
  })
}

const EMPTY = new Uint8Array(0)
