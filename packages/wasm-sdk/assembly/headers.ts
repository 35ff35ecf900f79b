import {
  MapType,
  proxy_add_header_map_value,
  proxy_get_header_map_pairs,
  proxy_get_header_map_value,
  proxy_remove_header_map_value,
  proxy_replace_header_map_value,
  proxy_set_header_map_pairs,
  Status,
} from './abi'
import { mark, out, release } from './arena'
import { HeaderList } from './header-list'
import { log } from './log'
import { decode, encode, encodedSize } from './text'

/**
 * The headers or trailers of the request or the response, live: every call goes to the proxy.
 *
 * Names are case-insensitive and arrive in lower case. Which map can be used when is the proxy's decision: request
 * headers, for instance, are gone once the request went on. What cannot be read is absent, and a line in the log
 * says so.
 */
export class Headers {
  constructor(
    /** Which map of the proxy this is. */
    readonly map: MapType,
  ) {}

  /** The first value of a header; null when it is absent. */
  get(name: string): string | null {
    const position = mark()
    const key = encode(name)
    const status = proxy_get_header_map_value(this.map, key, encodedSize, out, out + sizeof<usize>())
    let value: string | null = null
    if (status == Status.Ok) value = decode(load<usize>(out), load<usize>(out, sizeof<usize>()))
    else if (status != Status.NotFound) this.warn('get', name, status)
    release(position)
    return value
  }

  /** The first value of a header; `fallback` when it is absent. */
  getOr(name: string, fallback: string): string {
    const value = this.get(name)
    return value == null ? fallback : value
  }

  /** Every value of a header, in order. */
  getAll(name: string): string[] {
    return this.all().getAll(name)
  }

  has(name: string): bool {
    const position = mark()
    const key = encode(name)
    const status = proxy_get_header_map_value(this.map, key, encodedSize, out, out + sizeof<usize>())
    release(position)
    return status == Status.Ok
  }

  /** Replaces every value of a header by this one; adds it when it is absent. */
  set(name: string, value: string): void {
    const position = mark()
    const key = encode(name)
    const keySize = encodedSize
    const data = encode(value)
    const status = proxy_replace_header_map_value(this.map, key, keySize, data, encodedSize)
    release(position)
    if (status != Status.Ok) this.warn('set', name, status)
  }

  /** Adds one more value. */
  add(name: string, value: string): void {
    const position = mark()
    const key = encode(name)
    const keySize = encodedSize
    const data = encode(value)
    const status = proxy_add_header_map_value(this.map, key, keySize, data, encodedSize)
    release(position)
    if (status != Status.Ok) this.warn('add', name, status)
  }

  /** Removes every value of a header. */
  remove(name: string): void {
    const position = mark()
    const key = encode(name)
    const status = proxy_remove_header_map_value(this.map, key, encodedSize)
    release(position)
    if (status != Status.Ok && status != Status.NotFound) this.warn('remove', name, status)
  }

  /** A copy of all of them, in order, pseudo-headers (`:path`) included. */
  all(): HeaderList {
    const position = mark()
    const list = new HeaderList()
    const status = proxy_get_header_map_pairs(this.map, out, out + sizeof<usize>())
    if (status == Status.Ok) list.read(load<usize>(out), load<usize>(out, sizeof<usize>()))
    else this.warn('read', '', status)
    release(position)
    return list
  }

  /** Replaces all of them. */
  replaceAll(headers: HeaderList): void {
    const position = mark()
    const data = headers.write()
    const status = proxy_set_header_map_pairs(this.map, data, encodedSize)
    release(position)
    if (status != Status.Ok) this.warn('replace', '', status)
  }

  private warn(verb: string, name: string, status: u32): void {
    const what = name.length == 0 ? 'headers' : 'header ' + name
    log.warn(
      'cannot ' +
        verb +
        ' ' +
        what +
        ' of ' +
        mapName(this.map) +
        ' in this phase (status ' +
        status.toString() +
        ')',
    )
  }
}

function mapName(map: MapType): string {
  switch (map) {
    case MapType.RequestHeaders:
      return 'the request'
    case MapType.RequestTrailers:
      return "the request's trailers"
    case MapType.ResponseHeaders:
      return 'the response'
    case MapType.ResponseTrailers:
      return "the response's trailers"
    default:
      return 'the callout'
  }
}

/** Headers of the request, with its pseudo-headers as properties. Setting `path` or `host` may change the route. */
export class RequestHeaders extends Headers {
  constructor() {
    super(MapType.RequestHeaders)
  }

  get method(): string {
    return this.getOr(':method', '')
  }
  set method(value: string) {
    this.set(':method', value)
  }
  /** Path and query. */
  get path(): string {
    return this.getOr(':path', '')
  }
  set path(value: string) {
    this.set(':path', value)
  }
  /** `:authority`, which is the Host header of HTTP/1.1. */
  get host(): string {
    return this.getOr(':authority', '')
  }
  set host(value: string) {
    this.set(':authority', value)
  }
  get scheme(): string {
    return this.getOr(':scheme', '')
  }
}

/** Headers of the response. */
export class ResponseHeaders extends Headers {
  constructor() {
    super(MapType.ResponseHeaders)
  }

  get status(): i32 {
    const value = this.get(':status')
    return value == null ? 0 : <i32>parseInt(value)
  }
  set status(value: i32) {
    this.set(':status', value.toString())
  }
}

export const requestHeaders = new RequestHeaders()
export const requestTrailers = new Headers(MapType.RequestTrailers)
export const responseHeaders = new ResponseHeaders()
export const responseTrailers = new Headers(MapType.ResponseTrailers)
