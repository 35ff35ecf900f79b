import { BufferType, proxy_get_buffer_bytes, Status } from './abi'
import { mark, out, release } from './arena'
import { JsonReader } from './json'
import { log } from './log'

/**
 * Reads the plugin's configuration as JSON with a generated reader; null (and an error in the log, with the path of
 * the field) when it is not what the `@config` class says. No configuration is an empty object.
 */
export function readConfiguration<C>(size: u32, filter: string, read: (reader: JsonReader) => C): C | null {
  const position = mark()
  let data: usize = 0
  let length: usize = 0
  if (size > 0) {
    const status = proxy_get_buffer_bytes(BufferType.PluginConfiguration, 0, size, out, out + sizeof<usize>())
    if (status == Status.Ok) {
      data = load<usize>(out)
      length = load<usize>(out, sizeof<usize>())
    }
  }
  if (length == 0) {
    data = EMPTY
    length = 2
  }
  const reader = new JsonReader(data, length)
  const config = read(reader)
  reader.finish()
  release(position)
  if (!reader.failed) return config
  log.error('configuration of ' + filter + ' is not valid: ' + reader.error)
  return null
}

const EMPTY: usize = memory.data<u8>([0x7b, 0x7d])
