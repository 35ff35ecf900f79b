import { BattenError } from '@batten/core'
import type { MessageName } from './codec.ts'
import type { PlainMessage } from './codec-compiler.ts'
import { messageDescriptor } from './descriptor.ts'
import type { MessageTypes } from './gen/message-types.ts'
import { type FromJsonOptions, JsonReader } from './json-reader.ts'
import { JsonWriter, type ToJsonOptions } from './json-writer.ts'
import type { JsonValue } from './struct.ts'

/**
 * Reads a message from protobuf's JSON form (or from YAML that was parsed to the same): snake_case and camelCase
 * names, durations as `"1.5s"`, wrappers as bare values, `Any` with `@type`, enums by name or number, 64-bit integers
 * also as strings, bytes as base64, `Struct` as free JSON.
 *
 * @throws BattenError `XDS_JSON_INVALID`, whose `where` is the field's path as written:
 * `static_resources.listeners[0].foo: unknown field`; `XDS_UNKNOWN_TYPE` for an `@type` without a codec
 * @see https://protobuf.dev/programming-guides/json/
 * @example messageFromJson('envoy.config.bootstrap.v3.Bootstrap', parseYaml(text), { path: 'envoy.yaml: ' })
 */
export function messageFromJson<N extends MessageName>(
  name: N,
  json: unknown,
  options?: FromJsonOptions,
): MessageTypes[N] {
  requireMessage(name)
  return new JsonReader(options).message(name, json) as unknown as MessageTypes[N]
}

/**
 * Prints a message in protobuf's JSON form, defaults left out. A message inside an `Any` that we do not know is
 * printed as base64.
 *
 * @example messageToJson('envoy.config.cluster.v3.Cluster', cluster, { snakeCase: true, redact: true })
 */
export function messageToJson<N extends MessageName>(
  name: N,
  message: MessageTypes[N],
  options?: ToJsonOptions,
): JsonValue {
  requireMessage(name)
  return new JsonWriter(options).message(name, message as unknown as PlainMessage)
}

function requireMessage(name: string): void {
  if (messageDescriptor(name) === undefined)
    throw new BattenError('XDS_UNKNOWN_TYPE', { message: `no codec for the message ${name}` })
}
