import type { HeaderField } from '../http/codec/http2/header-fields.ts'

/**
 * Metadata of a call. Values of names that end in `-bin` are bytes when they were received; to send, they may also be
 * the base64 text itself.
 */
export type GrpcMetadata = readonly (readonly [name: string, value: string | Uint8Array])[]

const NAME = /^[0-9a-z_.-]+$/
const TEXT = /^[\x20-\x7e]*$/

/** Fields that belong to the protocol. */
const RESERVED: ReadonlySet<string> = new Set(['te', 'content-type', 'user-agent', 'host'])

/**
 * Metadata as header fields. Names are lowered.
 *
 * @throws Error naming the entry that cannot be sent; its value is not quoted, it may be a credential
 * @see https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#requests
 */
export function metadataToFields(metadata: GrpcMetadata): HeaderField[] {
  return metadata.map(([given, value]) => {
    const name = given.toLowerCase()
    if (!NAME.test(name)) throw new Error(`metadata: the name ${JSON.stringify(given)} is not allowed`)
    if (name.startsWith('grpc-') || RESERVED.has(name))
      throw new Error(`metadata: ${name} belongs to the protocol`)
    if (typeof value !== 'string') {
      if (!name.endsWith('-bin'))
        throw new Error(`metadata: ${name} has bytes, and its name does not end in -bin`)
      return [name, Buffer.from(value).toString('base64').replace(/=+$/, '')]
    }
    if (!TEXT.test(value)) throw new Error(`metadata: ${name} has a value that is not printable ASCII`)
    return [name, value]
  })
}

/** Metadata of header fields or trailers, without what belongs to gRPC or to HTTP. */
export function fieldsToMetadata(fields: readonly HeaderField[]): GrpcMetadata {
  const metadata: (readonly [string, string | Uint8Array])[] = []
  for (const [name, value] of fields) {
    if (name.startsWith('grpc-') || name === 'content-type') continue
    if (!name.endsWith('-bin')) metadata.push([name, value])
    // Some peers join several values; each is base64 for itself.
    else for (const part of value.split(',')) metadata.push([name, Buffer.from(part.trim(), 'base64')])
  }
  return metadata
}

/** Texts of servers go into logs and errors. */
const MAX_MESSAGE_LENGTH = 4096

/**
 * Takes the percent-encoding from `grpc-message`. What is not encoded right stays as it is: the text is for people.
 *
 * @see https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#responses
 */
export function decodeGrpcMessage(value: string): string {
  const bytes = value.replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  )
  return Buffer.from(bytes, 'latin1').toString('utf8').slice(0, MAX_MESSAGE_LENGTH)
}
