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
export {
  type EnumDescriptor,
  enumDescriptor,
  type FieldDescriptor,
  type MessageDescriptor,
  messageDescriptor,
  messageNames,
} from './descriptor.ts'
export type { XdsErrorCode } from './errors.ts'
export type { MessageTypes } from './gen/message-types.ts'
export type * from './gen/types.ts'
