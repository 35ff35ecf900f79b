/** What a filter is run in: our host, or Envoy. Both give the same answers in the same form. */
export interface FilterHost {
  readonly name: string
  /** Starts filters; a second call replaces the ones before. */
  start(filters: readonly FilterSetup[]): Promise<void>
  send(filter: string, request: SentRequest): Promise<Exchange>
  /** Value of a counter or gauge that a filter has defined, by its name. */
  metric(name: string): Promise<number>
  close(): Promise<void>
}

export interface FilterSetup {
  readonly name: string
  readonly wasm: Uint8Array
  readonly configuration?: string
  readonly rootId?: string
}

export interface SentRequest {
  readonly method?: string
  readonly path?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

export interface Exchange {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** What the upstream got; undefined when nothing came. */
  readonly upstream:
    | {
        readonly method: string
        readonly path: string
        readonly headers: Readonly<Record<string, string>>
        readonly body: string
      }
    | undefined
}

/** What the upstream answers to everything: who it was and what came. */
export const UPSTREAM_HEADERS: Readonly<Record<string, string>> = { 'x-powered-by': 'node', 'x-kept': 'yes' }
export const UPSTREAM_BODY = 'hello from upstream'

/** The service `authz`, which callouts ask: denies `/secret`, is slow about `/slow`, knows who asks otherwise. */
export function authorize(body: string): {
  readonly status: number
  readonly headers: Record<string, string>
  readonly body: string
} {
  if (body === 'path=/secret') return { status: 403, headers: {}, body: 'secret' }
  return { status: 200, headers: { 'x-who': 'alice' }, body: 'ok' }
}
