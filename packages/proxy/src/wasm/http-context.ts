import {
  type BodyVerdict,
  type HttpFilter,
  type HttpStream,
  type LocalReply,
  reply,
  type Verdict,
} from '../http/filter.ts'
import type { HeaderMap, RequestHeaders, ResponseHeaders } from '../http/header-map.ts'
import type { LoggedStream } from '../telemetry/access-log/logged-stream.ts'
import { REQUEST_STREAM, RESPONSE_STREAM } from './abi/stream.ts'
import { AddedTrailers } from './added-trailers.ts'
import { BodyWindow, NO_BYTES } from './body-window.ts'
import { GuestContext, type GuestMap, type MutableGuestMap } from './guest-context.ts'
import type { GuestFunction } from './guest-exports.ts'
import type { WasmPlugin } from './plugin.ts'
import type { PluginContext } from './plugin-context.ts'
import { type PropertyValue, STATE_PREFIX, streamProperty } from './properties.ts'
import { TRAPPED, type WasmVm } from './vm.ts'

/** Header maps and buffers of a stream, by the numbers of the ABI. */
const REQUEST_HEADERS = 0
const REQUEST_TRAILERS = 1
const RESPONSE_HEADERS = 2
const RESPONSE_TRAILERS = 3
const REQUEST_BODY = 0
const RESPONSE_BODY = 1

/** `:method :path :authority :scheme`, and `:status`: counted by the ABI, not by `HeaderMap.size`. */
const REQUEST_PSEUDO_HEADERS = 4
const RESPONSE_PSEUDO_HEADERS = 1

const CONTINUE = 0
/** Headers callbacks: taken as `CONTINUE`. */
const CONTINUE_AND_END_STREAM = 2
/** Body callbacks. */
const STOP_AND_BUFFER = 1
const STOP_AND_WATERMARK = 2

/** gRPC status `UNAVAILABLE`. */
const GRPC_UNAVAILABLE = 14
const MAX_GRPC_STATUS = 16

/** A direction of the stream: what of it the guest can use now. */
class Direction {
  headers: HeaderMap | undefined
  trailers: HeaderMap | undefined
  /** Of a message without trailers, while its last piece passes: what the guest adds. */
  added: AddedTrailers | undefined
  /** Made when the guest sees the body. */
  body: BodyWindow | undefined
  /** The guest stopped it. */
  isPaused = false
  /** The guest asked to let it go on, in the running callback. */
  shouldResume = false

  /** It goes on: its headers are out of reach now. */
  goOn(): void {
    this.isPaused = false
    this.shouldResume = false
    this.forget()
  }

  forget(): void {
    this.headers = undefined
    this.trailers = undefined
    this.added = undefined
  }
}

/**
 * One request in the guest: a stream context. It is the HTTP filter of the request, with Envoy's semantics of what a
 * guest may use when, and of what its answers mean.
 *
 * Differs from Envoy: the last bytes of a body come with the end of the stream, not before an empty piece of their own.
 *
 * Differs from Envoy: `proxy_continue_stream` in the callback that stops the stream lets it go on. There the stream is
 * stuck, and one that was not stopped is sent twice.
 *
 * Differs from Envoy: while a body is stopped with the action `StopIterationAndWatermark` no more of it is shown.
 */
export class HttpContext extends GuestContext implements HttpFilter {
  readonly root: PluginContext
  readonly #plugin: WasmPlugin
  readonly #vm: WasmVm
  readonly #stream: HttpStream & Partial<LoggedStream>
  readonly #request = new Direction()
  readonly #response = new Direction()
  #isCreated = false
  /** A filter before this one may answer: then this one sees neither the request nor the response, as in Envoy. */
  #hasRequest: boolean
  #isLogging = false
  #isOver = false
  #reply: LocalReply | undefined
  #shouldReset = false
  #hasFailReply = false

  constructor(plugin: WasmPlugin, root: PluginContext, stream: HttpStream) {
    super(root.vm.newContextId())
    this.#plugin = plugin
    this.root = root
    this.#vm = root.vm
    this.#stream = stream
    this.#hasRequest = !plugin.phases.has('onRequestHeaders')
  }

  // ---- phases -------------------------------------------------------------------------------------------------

  onRequestHeaders(headers: RequestHeaders, endStream: boolean): Verdict {
    this.#hasRequest = true
    const callback = this.#vm.exports.onRequestHeaders
    if (callback === undefined && this.#vm.failure === undefined) return undefined
    if (callback === undefined || !this.#isReady()) return this.#failVerdict()
    this.#request.headers = headers
    return this.#runHeaders(this.#request, callback, headers.size + REQUEST_PSEUDO_HEADERS, endStream)
  }

  onRequestBody(chunk: Uint8Array, endStream: boolean): BodyVerdict {
    if (!this.#isReady()) return this.#failVerdict()
    const callback = this.#vm.exports.onRequestBody
    if (callback === undefined) return undefined
    if (endStream) this.#request.added ??= new AddedTrailers(this.#stream, true)
    return this.#runBody(this.#request, callback, chunk, endStream)
  }

  onRequestTrailers(trailers: HeaderMap): Verdict {
    if (!this.#isReady()) return this.#failVerdict()
    const callback = this.#vm.exports.onRequestTrailers
    if (callback === undefined) return undefined
    this.#request.trailers = trailers
    return this.#runHeaders(this.#request, callback, trailers.size, false)
  }

  onResponseHeaders(headers: ResponseHeaders, endStream: boolean): Verdict {
    if (!this.#hasRequest) return undefined
    if (!this.#isReady()) return this.#failVerdict()
    const callback = this.#vm.exports.onResponseHeaders
    if (callback === undefined) return undefined
    this.#response.headers = headers
    return this.#runHeaders(this.#response, callback, headers.size + RESPONSE_PSEUDO_HEADERS, endStream)
  }

  onResponseBody(chunk: Uint8Array, endStream: boolean): BodyVerdict {
    if (!this.#hasRequest) return undefined
    if (!this.#isReady()) return this.#failVerdict()
    const callback = this.#vm.exports.onResponseBody
    if (callback === undefined) return undefined
    if (endStream) this.#response.added ??= new AddedTrailers(this.#stream, false)
    return this.#runBody(this.#response, callback, chunk, endStream)
  }

  onResponseTrailers(trailers: HeaderMap): Verdict {
    if (!this.#hasRequest) return undefined
    if (!this.#isReady()) return this.#failVerdict()
    const callback = this.#vm.exports.onResponseTrailers
    if (callback === undefined) return undefined
    this.#response.trailers = trailers
    return this.#runHeaders(this.#response, callback, trailers.size, false)
  }

  /**
   * The end of the stream.
   *
   * Differs from spec: `on_log` comes before `on_done`, as in Envoy.
   */
  onDone(): void {
    if (this.#isOver) return
    this.#isOver = true
    const vm = this.#vm
    const { onLog, onDone, onDelete } = vm.exports
    if (vm.failure === undefined && onLog !== undefined && this.#create()) {
      this.#isLogging = true
      this.#request.headers = this.#stream.requestHeaders
      this.#response.headers = this.#stream.responseHeaders
      this.#response.trailers = this.#stream.responseTrailers
      vm.invoke(this, onLog, this.id, 0, 0)
      this.#isLogging = false
    }
    this.#request.forget()
    this.#response.forget()
    if (this.#isCreated) {
      if (vm.failure === undefined && onDone !== undefined) vm.invoke(this, onDone, this.id, 0, 0)
      if (vm.failure === undefined && onDelete !== undefined) vm.invoke(this, onDelete, this.id, 0, 0)
      vm.contexts.delete(this.id)
    }
    this.#plugin.onStreamEnd(this.root)
  }

  /** Whether the guest can be called for this stream; makes its context there when that has not happened. */
  #isReady(): boolean {
    return this.#vm.failure === undefined && (this.#isCreated || this.#create())
  }

  #create(): boolean {
    if (this.#isCreated) return true
    this.#isCreated = true
    this.#vm.contexts.set(this.id, this)
    const callback = this.#vm.exports.onContextCreate
    return callback === undefined || this.#vm.invoke(this, callback, this.id, this.root.id, 0) !== TRAPPED
  }

  #runHeaders(direction: Direction, callback: GuestFunction, count: number, endStream: boolean): Verdict {
    const action = this.#vm.invoke(this, callback, this.id, count, endStream ? 1 : 0)
    const early = this.#earlyVerdict(action)
    if (early !== CONTINUE) return early
    if (action === CONTINUE || action === CONTINUE_AND_END_STREAM || direction.shouldResume) {
      direction.goOn()
      return undefined
    }
    direction.isPaused = true
    return 'pause'
  }

  #runBody(
    direction: Direction,
    callback: GuestFunction,
    chunk: Uint8Array,
    endStream: boolean,
  ): BodyVerdict {
    const body = (direction.body ??= new BodyWindow())
    body.open(chunk)
    const action = this.#vm.invoke(this, callback, this.id, body.bytes!.length, endStream ? 1 : 0)
    const early = this.#earlyVerdict(action)
    if (early !== CONTINUE) {
      body.pass()
      return early
    }
    direction.added?.pass()
    if (action === CONTINUE || direction.shouldResume) {
      direction.goOn()
      return body.pass()
    }
    direction.isPaused = true
    if (action === STOP_AND_BUFFER || (action === STOP_AND_WATERMARK && body.isChanged)) {
      body.collect()
      return 'buffer'
    }
    if (action === STOP_AND_WATERMARK) {
      body.pass()
      return 'pause'
    }
    // Stop without buffering: the guest has taken the bytes. The end of the stream waits for it nevertheless.
    if (!endStream) {
      body.pass()
      return NO_BYTES
    }
    body.change(NO_BYTES)
    body.collect()
    return 'buffer'
  }

  /** What overrides the guest's answer: a trap, a reply, a reset. {@link CONTINUE} when nothing does. */
  #earlyVerdict(action: number): Verdict | typeof CONTINUE {
    // Failing open, what the guest had answered before it trapped stays answered.
    if (action === TRAPPED && !(this.#plugin.failsOpen && this.#reply !== undefined))
      return this.#failVerdict()
    const answer = this.#reply
    if (answer !== undefined) {
      this.#reply = undefined
      return answer
    }
    if (!this.#shouldReset) return CONTINUE
    this.#reset()
    return 'pause'
  }

  /** Once there is a response, what came of it stays said of the stream. */
  #reset(): void {
    this.#shouldReset = false
    this.#stream.reset(this.#stream.responseHeaders === undefined ? 'wasm_close_stream' : '')
  }

  /** What happens to the stream of a VM that has failed: once a 503, or nothing. */
  #failVerdict(): Verdict {
    if (this.#plugin.failsOpen || this.#hasFailReply) return undefined
    this.#hasFailReply = true
    return failReply()
  }

  /** Does what the guest asked for in a callback of another context: a callout's response, a tick. */
  flush(): void {
    if (this.#isOver) return
    const answer = this.#reply
    this.#reply = undefined
    if (answer !== undefined) {
      this.#stream.sendReply(answer)
      return
    }
    if (this.#shouldReset) {
      this.#reset()
      return
    }
    this.#request.added?.pass()
    this.#response.added?.pass()
    const { shouldResume: request } = this.#request
    const { shouldResume: response } = this.#response
    if (request && this.#release(this.#request)) {
      const held = this.#request.body?.takeHeld()
      if (held !== undefined) this.#stream.setBufferedRequestBody(held)
      this.#stream.resumeRequest()
    }
    if (response && this.#release(this.#response)) {
      const held = this.#response.body?.takeHeld()
      if (held !== undefined) this.#stream.setBufferedResponseBody(held)
      this.#stream.resumeResponse()
    }
  }

  /** True when the direction was stopped. Continuing one that was not does nothing. */
  #release(direction: Direction): boolean {
    const { isPaused } = direction
    direction.goOn()
    return isPaused
  }

  // ---- what the guest asks ------------------------------------------------------------------------------------

  override get isLogging(): boolean {
    return this.#isLogging
  }

  override map(type: number): GuestMap | undefined {
    switch (type) {
      case REQUEST_HEADERS:
        return this.#request.headers
      case REQUEST_TRAILERS:
        return this.#request.trailers ?? this.#request.added?.written
      case RESPONSE_HEADERS:
        return this.#response.headers
      case RESPONSE_TRAILERS:
        return this.#response.trailers ?? this.#response.added?.written
      default:
        return this.root.map(type)
    }
  }

  override mutableMap(type: number): MutableGuestMap | undefined {
    if (this.#isLogging || type > RESPONSE_TRAILERS) return undefined
    const map = this.map(type) as MutableGuestMap | undefined
    if (map !== undefined) return map
    if (type === REQUEST_TRAILERS) return this.#request.added
    return type === RESPONSE_TRAILERS ? this.#response.added : undefined
  }

  override buffer(type: number): Uint8Array | undefined {
    if (type === REQUEST_BODY) {
      const { body } = this.#request
      if (body?.bytes !== undefined) return body.bytes
      return body?.isCollecting ? (body.held ?? this.#stream.bufferedRequestBody) : undefined
    }
    if (type === RESPONSE_BODY) {
      const { body } = this.#response
      if (body?.bytes !== undefined) return body.bytes
      return body?.isCollecting ? (body.held ?? this.#stream.bufferedResponseBody) : undefined
    }
    return this.root.buffer(type)
  }

  override setBuffer(type: number, bytes: Uint8Array): boolean {
    if (type !== REQUEST_BODY && type !== RESPONSE_BODY) return false
    const { body } = type === REQUEST_BODY ? this.#request : this.#response
    if (body === undefined) return false
    if (body.bytes !== undefined) body.change(bytes)
    else if (body.isCollecting) body.hold(bytes)
    else return false
    return true
  }

  property(path: readonly string[]): PropertyValue {
    const owner = this.root
    const stream = this.#stream
    const requestHeaders = this.#request.headers === undefined ? undefined : stream.requestHeaders
    const responseHeaders = this.#response.headers === undefined ? undefined : stream.responseHeaders
    const responseTrailers = this.#response.trailers
    return streamProperty({ owner, stream, requestHeaders, responseHeaders, responseTrailers }, path)
  }

  override setProperty(path: string, value: Uint8Array): boolean {
    this.#stream.state.set(STATE_PREFIX + path, value)
    return true
  }

  /** The first of several in one callback counts. */
  override localReply(
    status: number,
    body: Uint8Array,
    headers: string[],
    details: string,
    grpcStatus: number,
  ): void {
    if (this.#reply !== undefined) return
    const pairs: (readonly [string, string])[] = []
    for (let i = 0; i < headers.length; i += 2) {
      const name = headers[i]!.toLowerCase()
      // The body says how long it is, and a type without a body says nothing.
      if (name === 'content-length' || (name === 'content-type' && body.length === 0)) continue
      if (name !== '' && !name.startsWith(':')) pairs.push([name, headers[i + 1]!])
    }
    const isGrpcStatus = grpcStatus >= 0 && grpcStatus <= MAX_GRPC_STATUS
    this.#reply = reply(status, body, {
      headers: pairs,
      details: details.replace(/\s/g, '_'),
      grpcStatus: isGrpcStatus ? grpcStatus : undefined,
    })
    this.#vm.touch(this)
  }

  override continueStream(type: number): void {
    if (type === REQUEST_STREAM) {
      this.#request.shouldResume = true
      // Out of reach at once, as in Envoy: what is written now would come too late.
      this.#request.forget()
    } else if (type === RESPONSE_STREAM) this.#response.shouldResume = true
    this.#vm.touch(this)
  }

  override closeStream(type: number): void {
    // The others are of a connection, not of a request.
    if (type !== REQUEST_STREAM && type !== RESPONSE_STREAM) return
    this.#shouldReset = true
    this.#vm.touch(this)
  }

  override clearRouteCache(): void {
    this.#stream.clearRouteCache()
  }

  /** Streams do not wait for `proxy_done`, as in Envoy. */
  override onGuestDone(): void {}
}

/** What a request gets whose module has failed. */
export function failReply(): LocalReply {
  return reply(503, '', { details: 'wasm_fail_stream', grpcStatus: GRPC_UNAVAILABLE })
}
