import { reset, take, takePressure } from './arena'

/** Garbage that may pile up before a collection: this, and as much again as live objects may weigh. */
const GARBAGE_BYTES: usize = 512 * 1024
const BYTES_A_CALLBACK: usize = 512
const BYTES_A_CONTEXT: usize = 1024

let depth = 0
let garbage: usize = 0

/** First thing in every callback. The host may call in again while a callback runs (it allocates, it answers). */
// @ts-expect-error: decorator
export function enter(): void {
  if (depth++ == 0) reset()
}

/**
 * Last thing in every callback. The garbage collector of the `minimal` runtime may only run when the stack holds no
 * reference, which is here; how much has become garbage is estimated from the bytes that went through the arena.
 */
// @ts-expect-error: decorator
export function leave(liveContexts: i32): void {
  if (--depth == 0) {
    garbage += BYTES_A_CALLBACK + takePressure() * 4
    if (garbage > GARBAGE_BYTES) collect(liveContexts)
  }
}

let pages = 0

function collect(liveContexts: i32): void {
  // Many live contexts make a collection dear: wait until as much garbage has piled up.
  const grown = memory.size() > pages
  if (!grown && garbage < GARBAGE_BYTES + BYTES_A_CONTEXT * <usize>liveContexts) return
  garbage = 0
  __collect()
  pages = memory.size()
}

/** The host's allocator: what it hands over is read before the callback ends. */
export function malloc(size: usize): usize {
  return take(size)
}
