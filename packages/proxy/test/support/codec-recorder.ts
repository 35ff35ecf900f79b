import type { HeadError } from '../../src/http/codec/http1-parser.ts'
import { Http1ServerConnection } from '../../src/http/codec/http1-server.ts'
import { DEFAULT_HEAD_LIMITS, type HeadLimits } from '../../src/http/codec/limits.ts'
import type { RequestSink, ResponseEncoder, ServerCodecOwner } from '../../src/http/codec/stream-codec.ts'
import {
  type HeaderTable,
  type RequestHeaderTable,
  ResponseHeaderTable,
} from '../../src/http/header-table.ts'
import { MemoryTransport } from './memory-transport.ts'

export interface RecordedRequest {
  method: string
  path: string
  authority: string
  fields: [string, string][]
  body: string
  trailers: [string, string][]
  ended: boolean
  reset: string
}

export interface ServerFixtureOptions {
  limits?: HeadLimits
  acceptHttp10?: boolean
  allowCustomMethods?: boolean
  upgrades?: string[]
  /** Answers each request with this status as soon as it is complete; undefined leaves it to the test. */
  answer?: number
}

/** A server codec over memory that writes down what it tells its owner. */
export class ServerFixture implements ServerCodecOwner {
  readonly transport = new MemoryTransport()
  readonly codec: Http1ServerConnection
  readonly requests: RecordedRequest[] = []
  readonly events: string[] = []
  refused: HeadError | undefined
  readonly #answer: number | undefined

  constructor(options: ServerFixtureOptions = {}) {
    this.#answer = options.answer
    this.codec = new Http1ServerConnection(this.transport, this, {
      limits: options.limits ?? DEFAULT_HEAD_LIMITS,
      acceptHttp10: options.acceptHttp10 ?? false,
      allowCustomMethods: options.allowCustomMethods ?? false,
      enableTrailers: true,
      upgrades: new Set(options.upgrades ?? []),
    })
  }

  newStream(encoder: ResponseEncoder): RequestSink {
    const request: RecordedRequest = {
      method: '',
      path: '',
      authority: '',
      fields: [],
      body: '',
      trailers: [],
      ended: false,
      reset: '',
    }
    this.requests.push(request)
    const end = () => {
      request.ended = true
      if (this.#answer !== undefined) encoder.encodeHeaders(new ResponseHeaderTable(this.#answer), true)
    }
    return {
      onRequestHeaders: (headers: RequestHeaderTable, endStream: boolean) => {
        request.method = headers.method
        request.path = headers.path
        request.authority = headers.authority
        request.fields = fieldsOf(headers)
        if (endStream) end()
      },
      onRequestData: (chunk, endStream) => {
        request.body += chunk.toString('latin1')
        if (endStream) end()
      },
      onRequestTrailers: (trailers) => {
        request.trailers = fieldsOf(trailers)
        end()
      },
      onRequestBatchEnd: () => encoder.flush(),
      onRequestReset: (reason) => {
        request.reset = reason
      },
      onResponseDrain: () => this.events.push('drain'),
    }
  }

  onPartialHead(): void {
    this.events.push('partial-head')
  }
  onRefusedHead(error: HeadError): void {
    this.refused = error
  }
  onExchangeEnd(): void {
    this.events.push('exchange-end')
  }
  onFinalResponse(): void {
    this.events.push('final-response')
  }
  onIdleEnd(): void {
    this.events.push('idle-end')
  }
  onClose(): void {
    this.events.push('close')
  }
}

export function fieldsOf(table: HeaderTable): [string, string][] {
  const fields: [string, string][] = []
  table.forEach((name, value) => {
    if (!name.startsWith(':')) fields.push([name, value])
  })
  return fields
}
