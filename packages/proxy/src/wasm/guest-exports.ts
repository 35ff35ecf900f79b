/**
 * The callbacks that a guest may export, with their signatures. Where ABI 0.1.0 has another one, both.
 */
export const CALLBACKS: readonly (readonly [
  string,
  string | { readonly old: string; readonly current: string },
])[] = [
  ['malloc', 'i:i'],
  ['proxy_on_memory_allocate', 'i:i'],
  ['_initialize', ':'],
  ['_start', ':'],
  ['proxy_on_context_create', 'ii:'],
  ['proxy_on_vm_start', 'ii:i'],
  ['proxy_validate_configuration', 'ii:i'],
  ['proxy_on_configure', 'ii:i'],
  ['proxy_on_tick', 'i:'],
  ['proxy_on_queue_ready', 'ii:'],
  ['proxy_on_request_headers', { old: 'ii:i', current: 'iii:i' }],
  ['proxy_on_request_body', 'iii:i'],
  ['proxy_on_request_trailers', 'ii:i'],
  ['proxy_on_response_headers', { old: 'ii:i', current: 'iii:i' }],
  ['proxy_on_response_body', 'iii:i'],
  ['proxy_on_response_trailers', 'ii:i'],
  ['proxy_on_http_call_response', 'iiiii:'],
  ['proxy_on_done', 'i:i'],
  ['proxy_on_log', 'i:'],
  ['proxy_on_delete', 'i:'],
]

/** A guest's function: every parameter an i32, the result an i32 or nothing. */
export type GuestFunction = (a: number, b: number, c: number, d?: number, e?: number) => number | undefined

/** The callbacks of one instance, looked up once. An absent one is never called: the boundary is not crossed. */
export interface GuestExports {
  readonly malloc: GuestFunction
  readonly onContextCreate: GuestFunction | undefined
  readonly onVmStart: GuestFunction | undefined
  readonly onConfigure: GuestFunction | undefined
  readonly onTick: GuestFunction | undefined
  readonly onQueueReady: GuestFunction | undefined
  readonly onRequestHeaders: GuestFunction | undefined
  readonly onRequestBody: GuestFunction | undefined
  readonly onRequestTrailers: GuestFunction | undefined
  readonly onResponseHeaders: GuestFunction | undefined
  readonly onResponseBody: GuestFunction | undefined
  readonly onResponseTrailers: GuestFunction | undefined
  readonly onHttpCallResponse: GuestFunction | undefined
  readonly onDone: GuestFunction | undefined
  readonly onLog: GuestFunction | undefined
  readonly onDelete: GuestFunction | undefined
}

/**
 * Looks the callbacks up.
 *
 * Differs from spec: `malloc` is preferred over `proxy_on_memory_allocate`, as in Envoy.
 */
export function guestExports(exports: Readonly<Record<string, unknown>>): GuestExports {
  const find = (name: string) => exports[name] as GuestFunction | undefined
  return {
    malloc: (find('malloc') ?? find('proxy_on_memory_allocate'))!,
    onContextCreate: find('proxy_on_context_create'),
    onVmStart: find('proxy_on_vm_start'),
    onConfigure: find('proxy_on_configure'),
    onTick: find('proxy_on_tick'),
    onQueueReady: find('proxy_on_queue_ready'),
    onRequestHeaders: find('proxy_on_request_headers'),
    onRequestBody: find('proxy_on_request_body'),
    onRequestTrailers: find('proxy_on_request_trailers'),
    onResponseHeaders: find('proxy_on_response_headers'),
    onResponseBody: find('proxy_on_response_body'),
    onResponseTrailers: find('proxy_on_response_trailers'),
    onHttpCallResponse: find('proxy_on_http_call_response'),
    onDone: find('proxy_on_done'),
    onLog: find('proxy_on_log'),
    onDelete: find('proxy_on_delete'),
  }
}
