export {
  anyName,
  type ExtensionConfig,
  packAny,
  TYPED_STRUCT_NAMES,
  typeUrlName,
  type Unpacked,
  unpackAny,
  unpackAnyAs,
  unpackExtension,
} from './any.ts'
export { DeltaClientSubscription, type Rejection, SotwClientSubscription } from './client-subscription.ts'
export {
  asBuffer,
  type Codec,
  codec,
  type DecodeOptions,
  findCodec,
  type MessageName,
  TYPE_URL_PREFIX,
} from './codec.ts'
export type { PlainMessage } from './codec-compiler.ts'
export { contentVersion } from './content-version.ts'
export { DeltaSubscription, type DeltaUpdate } from './delta-subscription.ts'
export {
  type EnumDescriptor,
  enumDescriptor,
  type FieldDescriptor,
  type MessageDescriptor,
  messageDescriptor,
  messageNames,
  type ScalarType,
  type ValueType,
} from './descriptor.ts'
export type { XdsErrorCode } from './errors.ts'
export type { MessageTypes } from './gen/message-types.ts'
export type * from './gen/types.ts'
export { GRPC_METHODS, type GrpcMethod } from './grpc-methods.ts'
export { messageFromJson, messageToJson } from './json.ts'
export type { FromJsonOptions } from './json-reader.ts'
export { REDACTED, type ToJsonOptions } from './json-writer.ts'
export * from './resource-names.ts'
export { SotwSubscription, type SotwSubscriptionOptions, type SotwUpdate } from './sotw-subscription.ts'
export * from './struct.ts'
export {
  type Acknowledgement,
  type RequestOutcome,
  type ResourceSnapshot,
  type SubscriptionOptions,
  type VersionedResource,
  WILDCARD,
} from './subscription.ts'
export { formatTimestamp, msToTimestamp, parseTimestamp, timestampToMs } from './timestamp.ts'
export {
  FULL_STATE_TYPES,
  PUSH_ORDER,
  shortTypeName,
  TYPE_URLS,
  type TypeName,
  type TypeUrl,
  WILDCARD_TYPES,
} from './type-urls.ts'
export * from './wellknown-names.ts'
