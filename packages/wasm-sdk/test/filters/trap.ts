import { Action, HttpFilter, RequestHeaders } from '@batten/wasm-sdk/assembly'

@config
class TrapConfig {
  /** `configure` or a path at which to fail. */
  when!: string
  how: string = 'throw'
}

/** Fails in every way that a filter can fail. */
export class Trap extends HttpFilter<TrapConfig> {
  onRequestHeaders(headers: RequestHeaders, endOfStream: bool): Action {
    if (headers.path == this.config.when) fail(this.config.how)
    return Action.Continue
  }
}

function fail(how: string): void {
  if (how == 'throw') throw new Error('told to fail')
  if (how == 'memory') {
    const kept: ArrayBuffer[] = []
    while (true) kept.push(new ArrayBuffer(1 << 20))
  }
  if (how == 'recursion') recurse(1)
  if (how == 'bounds') [1, 2][(Math.floor(Math.random()) as i32) + 7] += 1
}

let deepest: i32 = 0

function recurse(depth: i32): i32 {
  deepest = max(deepest, depth)
  return recurse(depth + 1) + deepest
}
