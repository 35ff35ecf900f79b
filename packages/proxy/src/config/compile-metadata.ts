import { type Metadata, structToJson } from '@batten/xds'
import type { MessageReader } from './message-reader.ts'

/** `metadata.filter_metadata` as JSON, by namespace. Typed metadata is for extensions that this proxy does not have. */
export function compileMetadata(
  metadata: MessageReader<Metadata> | undefined,
): Readonly<Record<string, Readonly<Record<string, unknown>>>> {
  if (metadata === undefined) return EMPTY
  const entries = Object.entries(metadata.take('filterMetadata') ?? {})
  metadata.done()
  return Object.freeze(Object.fromEntries(entries.map(([name, struct]) => [name, structToJson(struct)])))
}

const EMPTY = Object.freeze({})
