import type { WireMessage } from './http1-message-reader.ts'
import type { SeenConnection } from './raw-client.ts'
import type { SeenRequest } from './scripted-upstream.ts'
import type { SeenTls } from './tls-peer.ts'

/** Everything that is compared about one run of a case, as plain data. */
export interface Observation {
  readonly connections: readonly {
    /** Where the client spoke TLS. */
    readonly tls?: SeenTls
    readonly responses: readonly ObservedMessage[]
    readonly leftOver: string
    readonly closed: boolean
  }[]
  /** By upstream: what arrived, and on which connection. */
  readonly upstreams: Readonly<Record<string, readonly (ObservedMessage & { readonly connection: number })[]>>
  /** Handshakes of the upstreams that spoke TLS. */
  readonly handshakes?: Readonly<Record<string, readonly SeenTls[]>>
  /** Access log lines. */
  readonly log: readonly string[]
  /** Growth of the named counters. */
  readonly counters: Readonly<Record<string, number>>
}

export interface ObservedMessage {
  readonly startLine: string
  /** Name -> values; order between names is not compared. */
  readonly headers: Readonly<Record<string, readonly string[]>>
  readonly body: string
  readonly trailers: Readonly<Record<string, readonly string[]>>
}

/** Headers whose value differs in every run: presence is compared. */
const VOLATILE = new Set(['date', 'x-request-id', 'x-envoy-upstream-service-time'])

export function observe(
  connections: readonly SeenConnection[],
  upstreams: ReadonlyMap<string, readonly SeenRequest[]>,
  log: readonly string[],
  counters: Readonly<Record<string, number>>,
  ports: ReadonlyMap<string, string>,
  handshakes: ReadonlyMap<string, readonly SeenTls[]> = new Map(),
): Observation {
  // Ports are chosen by the system: each stands for its name. A longer number may hold the digits of one.
  const anyPort = new RegExp(`(?<!\\d)(?:${[...ports.keys()].join('|')})(?!\\d)`, 'g')
  const named = (text: string) => text.replace(anyPort, (port) => ports.get(port)!)
  const message = (m: WireMessage): ObservedMessage => ({
    startLine: named(m.startLine),
    headers: grouped(m.headers, named),
    body: named(m.body),
    trailers: grouped(m.trailers, named),
  })
  return {
    connections: connections.map((c) => ({
      ...(c.tls === undefined ? {} : { tls: c.tls }),
      responses: c.responses.map(message),
      leftOver: settledText(named(c.leftOver)),
      closed: c.closed,
    })),
    upstreams: Object.fromEntries(
      [...upstreams].map(([name, seen]) => [
        name,
        seen.map((s) => ({ ...message(s.message), connection: s.connection })),
      ]),
    ),
    ...(handshakes.size === 0 ? {} : { handshakes: Object.fromEntries(handshakes) }),
    log: log.map(named),
    counters,
  }
}

function grouped(fields: WireMessage['headers'], named: (text: string) => string): Record<string, string[]> {
  const result: Record<string, string[]> = {}
  for (const [name, value] of [...fields].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
    (result[name] ??= []).push(settled(name, named(value)))
  return result
}

/** The value of a header without what differs in every run. */
function settled(name: string, value: string): string {
  if (VOLATILE.has(name)) return '<any>'
  // What is left of a timeout at a second try depends on the machine's speed.
  return name === 'x-envoy-expected-rq-timeout-ms' ? String(Math.ceil(Number(value) / 1000) * 1000) : value
}

/** {@link settled} for bytes that are no complete message. */
function settledText(text: string): string {
  return text.replace(/^([a-z-]+): .*$/gm, (line, name: string) =>
    VOLATILE.has(name) ? `${name}: <any>` : line,
  )
}

/** One place where two observations are not the same. */
export interface Difference {
  /** `connections[0].responses[0].headers.server` */
  readonly at: string
  readonly reference: unknown
  readonly subject: unknown
}

/** All differences, leaf by leaf. */
export function differences(reference: unknown, subject: unknown, at = ''): Difference[] {
  if (Array.isArray(reference) && Array.isArray(subject) && reference.length === subject.length)
    return reference.flatMap((value, i) => differences(value, subject[i], `${at}[${i}]`))
  if (isRecord(reference) && isRecord(subject)) {
    const keys = new Set([...Object.keys(reference), ...Object.keys(subject)])
    return [...keys].flatMap((key) =>
      differences(reference[key], subject[key], at === '' ? key : `${at}.${key}`),
    )
  }
  return JSON.stringify(reference) === JSON.stringify(subject) ? [] : [{ at, reference, subject }]
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
