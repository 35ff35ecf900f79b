import { BattenError, errorMessage } from '@batten/core'
import protobuf from 'protobufjs/minimal.js'
import { createMessageFunctions, type MessageFunctions, type PlainMessage } from './codec-compiler.ts'
import { type MessageDescriptor, messageDescriptor } from './descriptor.ts'
import type { MessageTypes } from './gen/message-types.ts'
import { type FromJsonOptions, JsonReader } from './json-reader.ts'
import { JsonWriter, type ToJsonOptions } from './json-writer.ts'
import type { JsonValue } from './struct.ts'
import { verifyMessage } from './verify.ts'
import { type UnknownFieldListener, withUnknownFields } from './wire.ts'

/** Full protobuf name of a message that has a codec. */
export type MessageName = keyof MessageTypes

/** What type URLs in this world start with. */
export const TYPE_URL_PREFIX = 'type.googleapis.com/'

export interface DecodeOptions {
  /** Told of every field that our descriptor does not have (a newer Envoy's, or garbage). Default: ignored. */
  readonly onUnknownField?: UnknownFieldListener
}

/**
 * Turns a message into bytes and back. Messages are plain objects: camelCase properties, absent = not set; enums are
 * their names; 64-bit integers are numbers, or bigints where a number would round; bytes are `Uint8Array`s.
 *
 * @example
 * const clusters = codec('envoy.config.cluster.v3.Cluster')
 * const bytes = clusters.encode({ name: 'reviews', type: 'EDS', connectTimeout: { seconds: 10 } })
 * clusters.decode(bytes).name // 'reviews'
 */
export interface Codec<T> {
  readonly name: string
  readonly typeUrl: string
  readonly descriptor: MessageDescriptor
  /**
   * The same message gives the same bytes: fields in ascending number, map entries in ascending key.
   *
   * @throws BattenError `XDS_ENCODE_FAILED` naming the field that has a wrong value
   */
  encode(message: T): Uint8Array
  /**
   * Bytes fields (and `Any.value`) are views on the input, so keep the input unchanged, and copy what you keep for
   * long if the input is large.
   *
   * @throws BattenError `XDS_DECODE_FAILED`
   */
  decode(bytes: Uint8Array, options?: DecodeOptions): T
  /** See `messageFromJson`. @throws BattenError `XDS_JSON_INVALID`, `XDS_UNKNOWN_TYPE` */
  fromJson(json: unknown, options?: FromJsonOptions): T
  /** See `messageToJson`. */
  toJson(message: T, options?: ToJsonOptions): JsonValue
  /** What is wrong with the object as this message, as `path: reason`; undefined if nothing is. */
  verify(message: unknown): string | undefined
}

class MessageCodec implements Codec<PlainMessage> {
  readonly name: string
  readonly typeUrl: string
  readonly descriptor: MessageDescriptor
  readonly functions: MessageFunctions

  constructor(descriptor: MessageDescriptor) {
    this.name = descriptor.name
    this.typeUrl = TYPE_URL_PREFIX + descriptor.name
    this.descriptor = descriptor
    this.functions = createMessageFunctions(descriptor, functionsOf)
  }

  encode(message: PlainMessage): Uint8Array {
    const writer = protobuf.Writer.create()
    try {
      this.functions.write(message, writer, 0)
    } catch (thrown) {
      if (thrown instanceof BattenError) throw thrown
      throw new BattenError('XDS_ENCODE_FAILED', {
        message: `cannot encode ${this.name}: ${errorMessage(thrown)}`,
        cause: thrown,
      })
    }
    const bytes = writer.finish()
    return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
  }

  decode(bytes: Uint8Array, options?: DecodeOptions): PlainMessage {
    const listener = options?.onUnknownField
    if (listener !== undefined) return withUnknownFields(listener, () => this.decode(bytes))
    const reader = protobuf.Reader.create(asBuffer(bytes))
    try {
      return this.functions.read(reader, reader.len, {}, 0)
    } catch (thrown) {
      throw new BattenError('XDS_DECODE_FAILED', {
        message: `not a valid ${this.name}: ${errorMessage(thrown)}`,
        cause: thrown,
      })
    }
  }

  fromJson(json: unknown, options?: FromJsonOptions): PlainMessage {
    return new JsonReader(options).message(this.name, json)
  }

  toJson(message: PlainMessage, options?: ToJsonOptions): JsonValue {
    return new JsonWriter(options).message(this.name, message)
  }

  verify(message: unknown): string | undefined {
    return verifyMessage(this.name, message)
  }
}

const codecs = new Map<string, MessageCodec>()

function functionsOf(name: string): MessageFunctions {
  return findMessageCodec(name)!.functions
}

function findMessageCodec(name: string): MessageCodec | undefined {
  let found = codecs.get(name)
  if (found !== undefined) return found
  const descriptor = messageDescriptor(name)
  if (descriptor === undefined) return undefined
  found = new MessageCodec(descriptor)
  codecs.set(name, found)
  return found
}

/**
 * The codec of a message. Cheap to ask for again; its functions are compiled when they are first used.
 *
 * @example codec('envoy.config.listener.v3.Listener').decode(bytes)
 */
export function codec<N extends MessageName>(name: N): Codec<MessageTypes[N]> {
  const found = findMessageCodec(name)
  if (found === undefined)
    throw new BattenError('XDS_UNKNOWN_TYPE', { message: `no codec for the message ${name}` })
  return found as Codec<unknown> as Codec<MessageTypes[N]>
}

/** The codec of a message whose name is known only at run time (from a type URL), or undefined. */
export function findCodec(name: string): Codec<PlainMessage> | undefined {
  return findMessageCodec(name)
}

/** The same bytes as a `Buffer`, without a copy: what @grpc/grpc-js and sockets want. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
