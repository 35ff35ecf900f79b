import { proxy_set_tick_period_milliseconds } from './abi'

/** The configuration of a filter that has none. */
export class NoConfig {}

/**
 * One configuration of a filter: what lives as long as the configuration does. Derive from it to run code when the
 * filter starts, or on a timer; filters reach it as `this.root`.
 *
 * @typeParam C - the class of the configuration, marked `@config`.
 */
export abstract class FilterRoot<C> {
  /** Id of the root context. */
  readonly contextId: u32
  private _config: C | null = null

  constructor() {
    this.contextId = createdId
  }

  /** The configuration, once it has been read. */
  get config(): C {
    return this._config!
  }

  /** For the generated code. */
  setConfig(config: C): void {
    this._config = config
  }

  /** The configuration has been read into `config`. False refuses it: the proxy keeps the one it has. */
  onConfigure(): bool {
    return true
  }

  /** Called once a tick period. */
  onTick(): void {}

  /** The configuration is no longer used. */
  onDone(): void {}

  /** Sets how often {@link onTick} is called; 0 stops it. */
  setTickPeriod(milliseconds: u32): void {
    proxy_set_tick_period_milliseconds(milliseconds)
  }
}

let createdId: u32 = 0

/** For the generated code: the context that the next object belongs to. */
export function setCreatedId(id: u32): void {
  createdId = id
}

export function getCreatedId(): u32 {
  return createdId
}
