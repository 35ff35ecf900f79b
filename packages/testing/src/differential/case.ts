import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { parse } from 'yaml'
import type { TlsClient, TlsUpstream } from './tls-peer.ts'

/**
 * One differential case: a folder with `exchanges.yaml`, run against every proxy with the nearest `bootstrap.yaml`
 * (its own or that of a folder above).
 */
export interface DifferentialCase {
  /** Path below the root, e.g. `http1/duplicate-content-length`. */
  readonly name: string
  /** What must be the same, in a sentence. */
  readonly title: string
  readonly bootstrapFile: string
  /** Scripted answers of each upstream by name; the last one repeats. */
  readonly upstreams: Readonly<Record<string, readonly UpstreamAnswer[]>>
  /** Upstreams that speak TLS in this case, by name. The others speak plain text. */
  readonly upstreamTls?: Readonly<Record<string, UpstreamTls>>
  /** Client connections, one after another. */
  readonly connections: readonly ClientConnection[]
  /** Envoy counters whose growth is compared, by their dotted names. */
  readonly counters: readonly string[]
  /** Documented decisions: where the two may differ (and must), with the reason. */
  readonly differs: readonly { readonly at: string; readonly because: string }[]
}

export interface ClientConnection {
  /** Of the listeners of the bootstrap: `${LISTENER_<NAME>}`; default `${LISTENER}`. */
  readonly listener?: string
  /** Speaks TLS; else what is sent goes out as it is. */
  readonly tls?: TlsClient
  readonly exchanges: readonly Exchange[]
}

export interface Exchange {
  /** Raw bytes (latin1), in pieces with pauses. */
  readonly send: readonly Piece[]
  /** Final responses to wait for; 0 only sends. Default 1. */
  readonly responses: number
  /** How long to wait for them. Default 3000. */
  readonly waitMs: number
}

export interface Piece {
  readonly bytes: string
  /** Pause before it. */
  readonly afterMs: number
}

/** A TLS upstream, or one that breaks the handshake. */
export interface UpstreamTls extends TlsUpstream {
  /** What it answers to the ClientHello in place of a handshake. */
  readonly instead?: UpstreamAnswer
}

/** What an upstream does with one request. */
export interface UpstreamAnswer {
  readonly bytes: string
  readonly afterMs: number
  /** After the answer: keep the connection, close it, or reset it. `hang` never answers. */
  readonly afterwards: 'keep' | 'close' | 'reset' | 'hang'
}

/** Every case below a folder, in the order of their names. */
export function loadCases(root: string): DifferentialCase[] {
  const found: DifferentialCase[] = []
  const visit = (folder: string) => {
    for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) =>
      a.name.localeCompare(b.name),
    ))
      if (entry.isDirectory()) visit(join(folder, entry.name))
      else if (entry.name === 'exchanges.yaml') found.push(loadCase(folder, root))
  }
  visit(root)
  return found
}

function loadCase(folder: string, root: string): DifferentialCase {
  const file = join(folder, 'exchanges.yaml')
  const raw = parse(readFileSync(file, 'utf8')) as RawCase
  const name = relative(root, folder)
  return {
    name,
    title: raw.title ?? basename(folder).replaceAll('-', ' '),
    bootstrapFile: nearestBootstrap(folder, root),
    upstreams: Object.fromEntries(
      Object.entries(raw.upstreams ?? {}).map(([key, answers]) => [key, answers.map(answerOf)]),
    ),
    upstreamTls: Object.fromEntries(
      Object.entries(raw.upstreamTls ?? {}).map(([key, { instead, ...tls }]) => [
        key,
        instead === undefined ? tls : { ...tls, instead: answerOf(instead) },
      ]),
    ),
    connections: raw.connections.map(connectionOf),
    counters: raw.counters ?? [],
    differs: raw.differs ?? [],
  }
}

/** What an upstream answers that a case says nothing about. */
export const ANSWER_OK: readonly UpstreamAnswer[] = [
  { bytes: 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok', afterMs: 0, afterwards: 'keep' },
]

interface RawCase {
  readonly title?: string
  readonly upstreams?: Record<string, (string | Partial<UpstreamAnswer>)[]>
  readonly upstreamTls?: Record<string, TlsUpstream & { readonly instead?: string | Partial<UpstreamAnswer> }>
  readonly connections: (RawExchanges | RawConnection)[]
  readonly counters?: string[]
  readonly differs?: { at: string; because: string }[]
}
type RawExchanges = readonly (string | RawExchange)[]
interface RawConnection {
  readonly listener?: string
  readonly tls?: TlsClient
  readonly exchanges?: RawExchanges
}
interface RawExchange {
  readonly send: string | (string | Partial<Piece>)[]
  readonly responses?: number
  readonly waitMs?: number
}

function answerOf(raw: string | Partial<UpstreamAnswer>): UpstreamAnswer {
  const answer = typeof raw === 'string' ? { bytes: raw } : raw
  return { bytes: answer.bytes ?? '', afterMs: answer.afterMs ?? 0, afterwards: answer.afterwards ?? 'keep' }
}

function connectionOf(raw: RawExchanges | RawConnection): ClientConnection {
  if (isExchanges(raw)) return { exchanges: raw.map(exchangeOf) }
  const { exchanges = [], ...rest } = raw
  return { ...rest, exchanges: exchanges.map(exchangeOf) }
}

function isExchanges(raw: RawExchanges | RawConnection): raw is RawExchanges {
  return Array.isArray(raw)
}

function exchangeOf(raw: string | RawExchange): Exchange {
  const exchange = typeof raw === 'string' ? { send: raw } : raw
  const pieces = typeof exchange.send === 'string' ? [exchange.send] : exchange.send
  return {
    send: pieces.map((piece) =>
      typeof piece === 'string'
        ? { bytes: piece, afterMs: 0 }
        : { bytes: piece.bytes ?? '', afterMs: piece.afterMs ?? 0 },
    ),
    responses: exchange.responses ?? 1,
    waitMs: exchange.waitMs ?? 3000,
  }
}

function nearestBootstrap(folder: string, root: string): string {
  for (let at = folder; ; at = dirname(at)) {
    const file = join(at, 'bootstrap.yaml')
    if (existsSync(file)) return file
    if (at === root || at === dirname(at))
      throw new Error(`${folder}: no bootstrap.yaml here or in a folder above`)
  }
}
