import {
  MetricType,
  proxy_define_metric,
  proxy_get_metric,
  proxy_increment_metric,
  proxy_record_metric,
  Status,
} from './abi'
import { mark, out, release } from './arena'
import { log } from './log'
import { encode, encodedSize } from './text'

let declared: Metric[] = []
let canDefine = false

/** Defines every metric that was declared at the top level of the filter; called when the filter starts. */
export function defineMetrics(): void {
  canDefine = true
  for (let i = 0; i < declared.length; i++) declared[i].define()
  declared = []
}

abstract class Metric {
  protected id: u32 = 0
  private defined: bool = false

  constructor(
    private readonly type: MetricType,
    readonly name: string,
  ) {
    if (canDefine) this.define()
    else declared.push(this)
  }

  define(): void {
    if (this.defined) return
    this.defined = true
    const position = mark()
    const at = encode(this.name)
    const status = proxy_define_metric(this.type, at, encodedSize, out)
    release(position)
    if (status == Status.Ok) this.id = load<u32>(out)
    else log.error('cannot define metric ' + this.name + ' (status ' + status.toString() + ')')
  }

  /** The current value over all workers of the proxy. */
  get value(): u64 {
    return proxy_get_metric(this.id, out) == Status.Ok ? load<u64>(out) : 0
  }
}

/**
 * A count that only grows. Declare it at the top level of the file; `/stats` shows it as `wasmcustom.<name>`.
 *
 * @example
 * const denied = new Counter('auth_denied')
 * ...
 * denied.increment()
 */
export class Counter extends Metric {
  constructor(name: string) {
    super(MetricType.Counter, name)
  }

  increment(by: i64 = 1): void {
    proxy_increment_metric(this.id, by)
  }
}

/** A value that goes up and down. */
export class Gauge extends Metric {
  constructor(name: string) {
    super(MetricType.Gauge, name)
  }

  set(value: u64): void {
    proxy_record_metric(this.id, value)
  }

  /** Adds; a negative amount subtracts. */
  add(by: i64): void {
    proxy_increment_metric(this.id, by)
  }
}

/** A distribution of values, e.g. sizes or milliseconds. */
export class Histogram extends Metric {
  constructor(name: string) {
    super(MetricType.Histogram, name)
  }

  record(value: u64): void {
    proxy_record_metric(this.id, value)
  }
}
