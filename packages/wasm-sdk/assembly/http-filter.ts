import { proxy_close_stream, proxy_continue_stream, proxy_send_local_response, StreamType } from './abi'
import { Action } from './action'
import { mark, release } from './arena'
import { Body } from './body'
import { CalloutRequest, CalloutResponse, dispatch, PendingCallOf } from './callout'
import { HeaderList } from './header-list'
import { Headers, RequestHeaders, requestHeaders, ResponseHeaders, responseHeaders } from './headers'
import { FilterRoot, getCreatedId } from './root'
import { StreamOwner } from './stream-owner'
import { encode, encodedSize } from './text'

/**
 * A filter for HTTP requests: one object for each request. Override what you need; a callback that is not overridden
 * is not exported, so the proxy does not even call into the module for it.
 *
 * @typeParam C - the class of the configuration, marked `@config`; `NoConfig` when there is none.
 *
 * @example
 * export class Hello extends HttpFilter<NoConfig> {
 *   onResponseHeaders(headers: ResponseHeaders, endOfStream: bool): Action {
 *     headers.set('x-hello', 'world')
 *     return Action.Continue
 *   }
 * }
 */
export abstract class HttpFilter<C> extends StreamOwner {
  /** Id of the stream's context. */
  readonly contextId: u32
  private _root: FilterRoot<C> | null = null
  private direction: StreamType = StreamType.Request

  constructor() {
    super()
    this.contextId = getCreatedId()
  }

  /** What belongs to the configuration rather than to one request. */
  get root(): FilterRoot<C> {
    return this._root!
  }

  /** The configuration. */
  get config(): C {
    return this._root!.config
  }

  /** Headers of the request, as long as it has not gone on: for callbacks that do not get them. */
  get requestHeaders(): RequestHeaders {
    return requestHeaders
  }

  /** Headers of the response, as long as it has not gone on: for callbacks that do not get them. */
  get responseHeaders(): ResponseHeaders {
    return responseHeaders
  }

  /** Request headers arrived; `endOfStream`: there is no body. */
  onRequestHeaders(headers: RequestHeaders, endOfStream: bool): Action {
    return Action.Continue
  }

  /** A piece of the request's body. */
  onRequestBody(body: Body, endOfStream: bool): Action {
    return Action.Continue
  }

  onRequestTrailers(trailers: Headers): Action {
    return Action.Continue
  }

  /** Response headers arrived, from upstream or made by the proxy. */
  onResponseHeaders(headers: ResponseHeaders, endOfStream: bool): Action {
    return Action.Continue
  }

  /** A piece of the response's body. */
  onResponseBody(body: Body, endOfStream: bool): Action {
    return Action.Continue
  }

  onResponseTrailers(trailers: Headers): Action {
    return Action.Continue
  }

  /** The access log is written. Envoy calls this before {@link onDone}, other proxies after it. */
  onLog(): void {}

  /** The request is over. */
  onDone(): void {}

  /**
   * Answers the request here. Return it from the callback: nothing else of it has an effect any more.
   *
   * The answer runs through `onResponseHeaders` of this filter too.
   *
   * @param grpcStatus - the status for a gRPC request; -1 lets the proxy choose.
   *
   * @example
   * return this.reply(401, 'who are you?', new HeaderList().add('www-authenticate', 'Bearer'))
   */
  reply(
    status: u32,
    body: string = '',
    headers: HeaderList | null = null,
    details: string = '',
    grpcStatus: i32 = -1,
  ): Action {
    const position = mark()
    const bodyAt = encode(body)
    const bodySize = encodedSize
    const detailsAt = encode(details)
    const detailsSize = encodedSize
    let pairs: usize = 0
    let pairsSize: usize = 0
    if (headers != null) {
      pairs = headers.write()
      pairsSize = encodedSize
    }
    proxy_send_local_response(status, detailsAt, detailsSize, bodyAt, bodySize, pairs, pairsSize, grpcStatus)
    release(position)
    return Action.Pause
  }

  /** Lets a request go on that was paused. */
  resumeRequest(): void {
    proxy_continue_stream(StreamType.Request)
  }

  /** Lets a response go on that was paused. */
  resumeResponse(): void {
    proxy_continue_stream(StreamType.Response)
  }

  /** Resets the stream: no answer, the connection (HTTP/1.1) or stream (HTTP/2) ends. */
  close(): void {
    proxy_close_stream(this.direction)
  }

  /**
   * Calls another service, and goes on when it has answered: return the result from the callback. `onResponse` gets
   * the filter as its first argument, since a function here cannot capture `this`; what it returns decides how the
   * request (or response) goes on. When the call cannot be made it runs at once, with `response.failed` set.
   *
   * @typeParam T - this filter's class.
   *
   * @example
   * return this.fetch<Auth>(CalloutRequest.get('authz', '/check'), (self, response) =>
   *   response.status == 200 ? Action.Continue : self.reply(403, 'denied'))
   */
  fetch<T extends HttpFilter<C>>(
    request: CalloutRequest,
    onResponse: (self: T, response: CalloutResponse) => Action,
  ): Action {
    const self = changetype<T>(this)
    const call = new PendingCallOf<T>(this.contextId, this.direction, self, onResponse)
    if (dispatch(request, call)) return Action.Pause
    return onResponse(self, CalloutResponse.failure())
  }

  /** For the generated code. */
  attach(root: FilterRoot<C>): void {
    this._root = root
  }

  /** For the generated code: which direction the running callback belongs to. */
  enterDirection(direction: StreamType): void {
    this.direction = direction
  }
}
