/**
 * A filter that does what the request header `x-script` says, callback by callback, on the bare functions of the ABI,
 * and keeps a trace of what they returned. A request with the script `dump` gets the trace as its body.
 *
 * A script is `callback:call argument argument|call …;callback:…`; `-` is an empty argument, `%xx` a byte.
 */
import { Action, type Body, HttpFilter, type NoConfig, type RequestHeaders, type ResponseHeaders } from '@batten/wasm-sdk/assembly'

@external('env', 'proxy_get_property')
declare function getProperty(path: usize, size: usize, at: usize, length: usize): i32
@external('env', 'proxy_set_property')
declare function setProperty(path: usize, size: usize, value: usize, length: usize): i32
@external('env', 'proxy_get_buffer_bytes')
declare function getBuffer(type: i32, start: i32, max: i32, at: usize, length: usize): i32
@external('env', 'proxy_set_buffer_bytes')
declare function setBuffer(type: i32, start: i32, size: i32, data: usize, length: usize): i32
@external('env', 'proxy_get_header_map_size')
declare function mapSize(type: i32, size: usize): i32
@external('env', 'proxy_get_header_map_value')
declare function getHeader(type: i32, name: usize, size: usize, at: usize, length: usize): i32
@external('env', 'proxy_add_header_map_value')
declare function addHeader(type: i32, name: usize, size: usize, value: usize, length: usize): i32
@external('env', 'proxy_replace_header_map_value')
declare function replaceHeader(type: i32, name: usize, size: usize, value: usize, length: usize): i32
@external('env', 'proxy_remove_header_map_value')
declare function removeHeader(type: i32, name: usize, size: usize): i32
@external('env', 'proxy_continue_stream')
declare function continueStream(type: i32): i32
@external('env', 'proxy_close_stream')
declare function closeStream(type: i32): i32
@external('env', 'proxy_send_local_response')
declare function sendReply(
  status: i32,
  details: usize,
  detailsSize: usize,
  body: usize,
  bodySize: usize,
  headers: usize,
  headersSize: usize,
  grpc: i32,
): i32
@external('env', 'proxy_define_metric')
declare function defineMetric(type: i32, name: usize, size: usize, id: usize): i32
@external('env', 'proxy_increment_metric')
declare function incrementMetric(id: i32, delta: i64): i32
@external('env', 'proxy_record_metric')
declare function recordMetric(id: i32, value: i64): i32
@external('env', 'proxy_get_metric')
declare function getMetric(id: i32, value: usize): i32

const OUT: usize = memory.data(16, 8)
let trace = ''
let metric = 0

export class Probe extends HttpFilter<NoConfig> {
  private script: string[] = []

  onRequestHeaders(headers: RequestHeaders, endOfStream: bool): Action {
    const text = headers.get('x-script')
    this.script = text == null ? [] : text.split(';')
    if (text == 'dump') {
      const body = String.UTF8.encode(trace)
      const details = bytesOf(text)
      trace = ''
      sendReply(200, changetype<usize>(details), details.length, changetype<usize>(body), body.byteLength, 0, 0, -1)
      return Action.Continue
    }
    return this.run('request-headers')
  }

  onRequestBody(body: Body, endOfStream: bool): Action {
    return this.run(endOfStream ? 'request-end' : 'request-body')
  }

  onResponseHeaders(headers: ResponseHeaders, endOfStream: bool): Action {
    if (this.script.length == 0) trace += 'a response without a request\n'
    return this.run('response-headers')
  }

  onResponseBody(body: Body, endOfStream: bool): Action {
    return this.run(endOfStream ? 'response-end' : 'response-body')
  }

  onLog(): void {
    this.run('log')
  }

  onDone(): void {
    this.run('done')
  }

  private run(callback: string): Action {
    let action = 0
    for (let i = 0; i < this.script.length; i++) {
      const colon = this.script[i].indexOf(':')
      if (colon < 0 || this.script[i].substr(0, colon) != callback) continue
      const calls = this.script[i].substr(colon + 1).split('|')
      for (let j = 0; j < calls.length; j++) {
        if (calls[j].startsWith('action ')) action = <i32>parseInt(calls[j].substr(7))
        else trace += callback + ': ' + calls[j] + ' -> ' + run(calls[j]) + '\n'
      }
    }
    return <Action>action
  }
}

/** Does one call; what it returned and gave. */
function run(call: string): string {
  const words = call.split(' ')
  const name = words[0]
  const text: StaticArray<u8>[] = []
  const number: i32[] = []
  for (let i = 0; i < 7; i++) {
    const word = i < words.length ? words[i] : '-'
    text.push(bytesOf(word))
    number.push(<i32>parseInt(word))
  }
  store<u64>(OUT, 0)
  const a = changetype<usize>(text[2])
  const aSize = text[2].length
  const b = changetype<usize>(text[3])
  const bSize = text[3].length
  if (name == 'trap') unreachable()
  if (name == 'get') return given(getHeader(number[1], a, aSize, OUT, OUT + 4))
  if (name == 'size') return sized(mapSize(number[1], OUT))
  if (name == 'add') return addHeader(number[1], a, aSize, b, bSize).toString()
  if (name == 'replace') return replaceHeader(number[1], a, aSize, b, bSize).toString()
  if (name == 'remove') return removeHeader(number[1], a, aSize).toString()
  if (name == 'body') return given(getBuffer(number[1], number[2], number[3], OUT, OUT + 4))
  if (name == 'write') {
    return setBuffer(number[1], number[2], number[3], changetype<usize>(text[4]), text[4].length).toString()
  }
  if (name == 'property') {
    const path = bytesOf(words[1].split('.').join('%00'))
    return given(getProperty(changetype<usize>(path), path.length, OUT, OUT + 4))
  }
  if (name == 'keep') return setProperty(changetype<usize>(text[1]), text[1].length, a, aSize).toString()
  if (name == 'continue') return continueStream(number[1]).toString()
  if (name == 'close') return closeStream(number[1]).toString()
  if (name == 'reply') {
    const pairs = words.length > 4 ? pairsOf(words[4]) : new StaticArray<u8>(0)
    return sendReply(number[1], a, aSize, b, bSize, changetype<usize>(pairs), pairs.length, -1).toString()
  }
  if (name == 'define') {
    const status = defineMetric(number[1], a, aSize, OUT)
    metric = load<i32>(OUT)
    return status.toString()
  }
  if (name == 'increment') return incrementMetric(metric, <i64>number[1]).toString()
  if (name == 'record') return recordMetric(metric, <i64>number[1]).toString()
  if (name == 'value') {
    const status = getMetric(metric, OUT)
    return status.toString() + ' ' + load<i64>(OUT).toString()
  }
  return 'no such call'
}

function sized(status: i32): string {
  return status.toString() + (status == 0 ? ' ' + load<u32>(OUT).toString() : '')
}

/** A status, and the bytes that came with it: those that do not print as `\xx`. */
function given(status: i32): string {
  let result = status.toString()
  if (status != 0) return result
  result += ' '
  const at = load<u32>(OUT)
  const size = load<u32>(OUT + 4)
  for (let i: u32 = 0; i < size; i++) {
    const byte = load<u8>(at + i)
    if (byte >= 32 && byte < 127 && byte != 92) result += String.fromCharCode(byte)
    else result += '\\' + (byte < 16 ? '0' : '') + (<u32>byte).toString(16)
  }
  return result
}

/** A word as bytes. */
function bytesOf(word: string): StaticArray<u8> {
  if (word == '-') return new StaticArray<u8>(0)
  const bytes: u8[] = []
  for (let i = 0; i < word.length; i++) {
    if (word.charCodeAt(i) == 37) {
      bytes.push(<u8>parseInt(word.substr(i + 1, 2), 16))
      i += 2
    } else bytes.push(<u8>word.charCodeAt(i))
  }
  return StaticArray.fromArray(bytes)
}

/** `a=1,b=2` as the ABI writes lists of headers. */
function pairsOf(word: string): StaticArray<u8> {
  const items = word.split(',')
  let size = 4
  for (let i = 0; i < items.length; i++) size += items[i].length + 9
  const pairs = new StaticArray<u8>(size)
  const at = changetype<usize>(pairs)
  store<u32>(at, items.length)
  let next = 4 + items.length * 8
  for (let i = 0; i < items.length; i++) {
    const equals = items[i].indexOf('=')
    store<u32>(at + 4 + i * 8, equals)
    store<u32>(at + 8 + i * 8, items[i].length - equals - 1)
    for (let j = 0; j < items[i].length; j++) {
      pairs[next++] = j == equals ? 0 : <u8>items[i].charCodeAt(j)
    }
    pairs[next++] = 0
  }
  return pairs
}
