import { readFileSync } from 'node:fs'
import { errorMessage } from '@batten/core'
import type { DataSource } from '@batten/xds'
import type { MessageReader } from './message-reader.ts'

/** Nothing that a data source names may be larger. */
const MAX_BYTES = 16 * 1024 * 1024

/** `DataSource` -> its bytes. Files and environment variables are read now, once. */
export function compileDataSource(source: MessageReader<DataSource>): Buffer {
  const inlineBytes = source.take('inlineBytes')
  const inlineString = source.take('inlineString')
  const filename = source.text('filename')
  const variable = source.text('environmentVariable')
  if (source.has('watchedDirectory'))
    throw source
      .path('watchedDirectory')
      .unsupported('files are not watched yet', 'use SDS, or restart the proxy')
  source.done()
  if (inlineBytes !== undefined) return Buffer.from(inlineBytes)
  if (inlineString !== undefined) return Buffer.from(inlineString, 'utf8')
  if (filename !== '') {
    try {
      const bytes = readFileSync(filename)
      if (bytes.length > MAX_BYTES) throw new RangeError(`larger than ${MAX_BYTES} bytes`)
      return bytes
    } catch (thrown) {
      throw source.path('filename').invalid(`cannot read ${filename}: ${errorMessage(thrown)}`)
    }
  }
  if (variable !== '') {
    const value = process.env[variable]
    if (value === undefined)
      throw source.path('environmentVariable').invalid(`environment variable ${variable} is not set`)
    return Buffer.from(value, 'utf8')
  }
  return Buffer.alloc(0)
}
