import { reset, take } from './arena'

let depth = 0

/** First thing in every callback. The host may call in again while a callback runs (it allocates, it answers). */
export function enter(): void {
  if (depth++ == 0) reset()
}

/** Last thing in every callback. */
export function leave(): void {
  depth--
}

/** The host's allocator: what it hands over is read before the callback ends. */
export function malloc(size: usize): usize {
  return take(size)
}
