import {
  BufferType,
  MapType,
  proxy_continue_stream,
  proxy_get_buffer_bytes,
  proxy_get_header_map_pairs,
  proxy_http_call,
  proxy_set_effective_context,
  Status,
  StreamType,
} from './abi'
import { Action } from './action'
import { mark, out, release } from './arena'
import { HeaderList } from './header-list'
import { log } from './log'
import { StreamOwner } from './stream-owner'
import { decode, encode, encodedSize } from './text'

/**
 * A request to another service, by the name of its cluster (`outbound|80||authz.shop.svc.cluster.local` under Istio).
 *
 * @example
 * const request = CalloutRequest.post('audit', '/events', body).header('content-type', 'application/json')
 * request.timeoutMs = 200
 */
export class CalloutRequest {
  /** Milliseconds for the whole call; 0 means none. */
  timeoutMs: u32 = 1000
  /** The `:authority`; the cluster's name unless set. */
  authority: string
  body: string = ''
  readonly headers: HeaderList = new HeaderList()

  constructor(
    readonly cluster: string,
    readonly method: string,
    readonly path: string,
  ) {
    this.authority = cluster
  }

  static get(cluster: string, path: string): CalloutRequest {
    return new CalloutRequest(cluster, 'GET', path)
  }

  static post(cluster: string, path: string, body: string): CalloutRequest {
    const request = new CalloutRequest(cluster, 'POST', path)
    request.body = body
    return request
  }

  /** Adds a header; returns the request, so that calls can be chained. */
  header(name: string, value: string): CalloutRequest {
    this.headers.add(name, value)
    return this
  }
}

/** What came back. Read it in the callback. */
export class CalloutResponse {
  private _headers: HeaderList | null = null

  constructor(
    /** Nothing came back: the call could not be made, was reset, or took too long. */
    readonly failed: bool,
    private readonly bodySize: i32,
  ) {}

  static failure(): CalloutResponse {
    return new CalloutResponse(true, 0)
  }

  /** The HTTP status; 0 when the call failed. */
  get status(): i32 {
    const value = this.headers.get(':status')
    return value == null ? 0 : <i32>parseInt(value)
  }

  get headers(): HeaderList {
    const known = this._headers
    if (known != null) return known
    const list = new HeaderList()
    if (!this.failed) {
      const position = mark()
      if (proxy_get_header_map_pairs(MapType.HttpCallHeaders, out, out + sizeof<usize>()) == Status.Ok) {
        list.read(load<usize>(out), load<usize>(out, sizeof<usize>()))
      }
      release(position)
    }
    this._headers = list
    return list
  }

  /** The body as text (UTF-8). */
  text(): string {
    if (this.bodySize == 0) return ''
    const position = mark()
    let text = ''
    if (
      proxy_get_buffer_bytes(BufferType.HttpCallBody, 0, this.bodySize, out, out + sizeof<usize>()) ==
      Status.Ok
    ) {
      text = decode(load<usize>(out), load<usize>(out, sizeof<usize>()))
    }
    release(position)
    return text
  }
}

/** A call that waits for its response. */
export abstract class PendingCall {
  constructor(
    readonly contextId: u32,
    readonly direction: StreamType,
  ) {}

  abstract get isLive(): bool
  abstract run(response: CalloutResponse): Action
}

/** The call of one class of filter: AssemblyScript has no closures, so the filter travels with its continuation. */
export class PendingCallOf<T extends StreamOwner> extends PendingCall {
  constructor(
    contextId: u32,
    direction: StreamType,
    private readonly self: T,
    private readonly onResponse: (self: T, response: CalloutResponse) => Action,
  ) {
    super(contextId, direction)
  }

  get isLive(): bool {
    return this.self.isLive
  }

  run(response: CalloutResponse): Action {
    return this.onResponse(this.self, response)
  }
}

const pending = new Map<u32, PendingCall>()

/** Sends the request; false when the proxy refuses it. */
export function dispatch(request: CalloutRequest, call: PendingCall): bool {
  const position = mark()
  const list = new HeaderList()
    .add(':method', request.method)
    .add(':path', request.path)
    .add(':authority', request.authority)
  const extra = request.headers
  for (let i = 0; i < extra.length; i++) list.add(extra.name(i), extra.value(i))
  const cluster = encode(request.cluster)
  const clusterSize = encodedSize
  const headers = list.write()
  const headersSize = encodedSize
  const body = encode(request.body)
  const status = proxy_http_call(
    cluster,
    clusterSize,
    headers,
    headersSize,
    body,
    encodedSize,
    0,
    0,
    request.timeoutMs,
    out,
  )
  release(position)
  if (status != Status.Ok) {
    const reason =
      status == Status.BadArgument ? 'unknown cluster or bad request' : 'status ' + status.toString()
    log.error(
      'cannot call ' + request.method + ' ' + request.path + ' of cluster ' + request.cluster + ': ' + reason,
    )
    return false
  }
  pending.set(load<u32>(out), call)
  return true
}

/** For the generated code: the response to a call, or its failure (no headers), arrived at the root context. */
export function onCallResponse(callId: u32, headerCount: u32, bodySize: u32): void {
  if (!pending.has(callId)) return
  const call = pending.get(callId)
  pending.delete(callId)
  if (!call.isLive) return
  if (proxy_set_effective_context(call.contextId) != Status.Ok) return
  const action = call.run(new CalloutResponse(headerCount == 0, <i32>bodySize))
  if (action == Action.Continue) proxy_continue_stream(call.direction)
}
