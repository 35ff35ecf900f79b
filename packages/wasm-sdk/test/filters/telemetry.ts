import {
  Action,
  Body,
  Counter,
  FilterRoot,
  Gauge,
  Histogram,
  HttpFilter,
  nowNanoseconds,
  properties,
  RequestHeaders,
  ResponseHeaders,
  sharedData,
} from '@batten/wasm-sdk/assembly'

const requests = new Counter('telemetry_requests')
const inFlight = new Gauge('telemetry_in_flight')
const bodyBytes = new Histogram('telemetry_body_bytes')
const ticks = new Counter('telemetry_ticks')

@config
class TelemetryConfig {
  tickMs: u32 = 0
  labels: Map<string, string> = new Map<string, string>()
  ratio: f64 = 1
  verbose: bool = false
  note: string | null = null
}

export class TelemetryRoot extends FilterRoot<TelemetryConfig> {
  started: u64 = 0

  onConfigure(): bool {
    this.started = nowNanoseconds()
    this.setTickPeriod(this.config.tickMs)
    return true
  }

  onTick(): void {
    ticks.increment()
  }
}

/** Counts requests and what they carry, and says what it knows of each in a response header. */
export class Telemetry extends HttpFilter<TelemetryConfig> {
  private received: i32 = 0

  onRequestHeaders(headers: RequestHeaders, endOfStream: bool): Action {
    requests.increment()
    inFlight.add(1)
    properties.set(
      'telemetry_seen',
      this.textOf('request.path') + ' by ' + this.textOf('request.headers.user-agent'),
    )
    const before = sharedData.get('last-path')
    headers.set('x-previous-path', before == null ? '-' : before.text)
    sharedData.set('last-path', headers.path)
    return Action.Continue
  }

  onRequestBody(body: Body, endOfStream: bool): Action {
    this.received += body.size
    return Action.Continue
  }

  onResponseHeaders(headers: ResponseHeaders, endOfStream: bool): Action {
    headers.set('x-telemetry', this.describe(headers.status))
    return Action.Continue
  }

  onLog(): void {
    inFlight.add(-1)
    bodyBytes.record(this.received)
  }

  private describe(status: i32): string {
    let text = 'status=' + status.toString() + ' code=' + properties.integer('response.code').toString()
    text += ' path=' + this.textOf('request.path') + ' agent=' + this.textOf('request.headers.user-agent')
    text += ' plugin=' + this.textOf('plugin_name') + ' root=' + this.textOf('plugin_root_id')
    text += ' seen=' + this.textOf('telemetry_seen')
    const names = this.config.labels.keys()
    for (let i = 0; i < names.length; i++) text += ' ' + names[i] + '=' + this.config.labels.get(names[i])
    return text
  }

  private textOf(path: string): string {
    const value = properties.text(path)
    return value == null ? '-' : value
  }
}
