import { type Clock, Counter, Gauge } from '@batten/core'
import {
  defineHttpFilter,
  type HttpFilter,
  type HttpFilterContext,
  type HttpFilterFactory,
  type HttpFilterPhase,
  type HttpStream,
  type LocalReply,
  reply,
  type Verdict,
} from '../filter.ts'
import { type FractionalPercent, shareOf } from './fraction.ts'
import { invalidField, refuseOtherFields } from './supported-fields.ts'

/** `envoy.extensions.filters.http.fault.v3.HTTPFault`, as far as it is supported. */
export interface FaultMessage {
  readonly delay?: FaultDelayMessage | undefined
  readonly abort?: FaultAbortMessage | undefined
  readonly upstreamCluster?: string | undefined
  readonly maxActiveFaults?: { readonly value?: number | undefined } | undefined
}

interface FaultDelayMessage {
  readonly fixedDelay?:
    | { readonly seconds?: number | undefined; readonly nanos?: number | undefined }
    | undefined
  readonly percentage?: FractionalPercent | undefined
}

interface FaultAbortMessage {
  readonly httpStatus?: number | undefined
  readonly grpcStatus?: number | undefined
  readonly percentage?: FractionalPercent | undefined
}

interface FaultSettings {
  readonly delay: { readonly ms: number; readonly share: number } | undefined
  readonly abort: { readonly reply: LocalReply; readonly share: number } | undefined
  /** Empty: every cluster. */
  readonly upstreamCluster: string
  readonly maxActive: number
}

const PHASES: ReadonlySet<HttpFilterPhase> = new Set(['onRequestHeaders', 'onDone'])

function compileSettings(message: FaultMessage): FaultSettings {
  // Runtime keys have no effect: there is no runtime.
  const runtime = Object.keys(message).filter((field) => field.endsWith('Runtime'))
  refuseOtherFields(message, [
    'delay',
    'abort',
    'upstreamCluster',
    'maxActiveFaults',
    'disableDownstreamClusterStats',
    ...runtime,
  ])
  return {
    delay: message.delay === undefined ? undefined : compileDelay(message.delay),
    abort: message.abort === undefined ? undefined : compileAbort(message.abort),
    upstreamCluster: message.upstreamCluster ?? '',
    maxActive:
      message.maxActiveFaults === undefined ? Number.POSITIVE_INFINITY : (message.maxActiveFaults.value ?? 0),
  }
}

function compileDelay(delay: FaultDelayMessage): NonNullable<FaultSettings['delay']> {
  refuseOtherFields(delay, ['fixedDelay', 'percentage'])
  const { fixedDelay } = delay
  if (fixedDelay === undefined) throw invalidField('delay.fixed_delay', 'is required')
  const ms = (fixedDelay.seconds ?? 0) * 1000 + (fixedDelay.nanos ?? 0) / 1e6
  if (!(ms > 0)) throw invalidField('delay.fixed_delay', 'must be greater than 0')
  return { ms, share: shareOf(delay.percentage) }
}

function compileAbort(abort: FaultAbortMessage): NonNullable<FaultSettings['abort']> {
  refuseOtherFields(abort, ['httpStatus', 'grpcStatus', 'percentage'])
  const { httpStatus, grpcStatus } = abort
  // As Envoy: a request that is not gRPC gets 200 for a gRPC status, which it has no place for.
  const status = httpStatus ?? (grpcStatus === undefined ? undefined : 200)
  if (status === undefined)
    throw invalidField('abort.http_status', 'one of http_status, grpc_status is required')
  if (!(status >= 200 && status < 600)) throw invalidField('abort.http_status', 'must be between 200 and 599')
  return {
    reply: reply(status, 'fault filter abort', { details: 'fault_filter_abort', flag: 'FI', grpcStatus }),
    share: shareOf(abort.percentage),
  }
}

class FaultFactory implements HttpFilterFactory {
  readonly name: string
  readonly phases = PHASES
  readonly general: FaultSettings
  readonly clock: Clock
  readonly random: () => number
  readonly delaysInjected: Counter
  readonly abortsInjected: Counter
  readonly overflow: Counter
  readonly active: Gauge

  constructor(general: FaultSettings, context: HttpFilterContext) {
    this.general = general
    this.name = context.filterName
    this.clock = context.clock
    this.random = context.random
    const scope = context.stats?.scope('http', context.statPrefix)
    this.delaysInjected = scope?.counter('fault.delays_injected') ?? new Counter()
    this.abortsInjected = scope?.counter('fault.aborts_injected') ?? new Counter()
    this.overflow = scope?.counter('fault.faults_overflow') ?? new Counter()
    this.active = scope?.gauge('fault.active_faults') ?? new Gauge()
  }

  create(): HttpFilter {
    return new FaultFilter(this)
  }
}

class FaultFilter implements HttpFilter {
  readonly #factory: FaultFactory
  #timer: { cancel(): void } | undefined
  #isActive = false

  constructor(factory: FaultFactory) {
    this.#factory = factory
  }

  onRequestHeaders(_headers: unknown, _endStream: boolean, stream: HttpStream): Verdict {
    const factory = this.#factory
    const settings = (stream.routeConfig(factory.name) as FaultSettings | undefined) ?? factory.general
    if (settings.delay === undefined && settings.abort === undefined) return undefined
    if (settings.upstreamCluster !== '' && settings.upstreamCluster !== stream.cluster?.name) return undefined
    const delayMs = this.#drawDelay(settings)
    if (delayMs === undefined) return this.#abort(settings)
    stream.addResponseFlag?.('DI')
    this.#timer = factory.clock.setTimeout(() => {
      this.#timer = undefined
      const abort = this.#abort(settings)
      if (abort === undefined) stream.resumeRequest()
      else stream.sendReply(abort)
    }, delayMs)
    return 'pause'
  }

  onDone(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    if (this.#isActive) this.#factory.active.dec()
    this.#isActive = false
  }

  #drawDelay({ delay, maxActive }: FaultSettings): number | undefined {
    const { random, delaysInjected } = this.#factory
    if (delay === undefined || random() >= delay.share || !this.#begin(maxActive)) return undefined
    delaysInjected.inc()
    return delay.ms
  }

  #abort({ abort, maxActive }: FaultSettings): LocalReply | undefined {
    const { random, abortsInjected } = this.#factory
    if (abort === undefined || random() >= abort.share || !this.#begin(maxActive)) return undefined
    abortsInjected.inc()
    return abort.reply
  }

  /** Counts this stream among the active faults; false when there are as many as there may be. */
  #begin(maxActive: number): boolean {
    if (this.#isActive) return true
    const { active, overflow } = this.#factory
    if (active.value >= maxActive) {
      overflow.inc()
      return false
    }
    this.#isActive = true
    active.inc()
    return true
  }
}

/**
 * Delays and aborts a share of the requests.
 *
 * @see https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/fault_filter
 */
export const fault = defineHttpFilter<FaultMessage, FaultMessage>({
  name: 'envoy.filters.http.fault',
  typeUrls: ['type.googleapis.com/envoy.extensions.filters.http.fault.v3.HTTPFault'],
  routeTypeUrls: ['type.googleapis.com/envoy.extensions.filters.http.fault.v3.HTTPFault'],
  compile: (message, context) => new FaultFactory(compileSettings(message), context),
  compileRouteConfig: compileSettings,
})
