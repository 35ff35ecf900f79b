import { total } from 'rt/tcms'
import { reset, take } from './arena'

/** Bytes of objects at which the garbage collector runs for the first time. */
const FIRST_COLLECTION: usize = 512 * 1024

let depth = 0
let limit: usize = FIRST_COLLECTION

/** First thing in every callback. The host may call in again while a callback runs (it allocates, it answers). */
export function enter(): void {
  if (depth++ == 0) reset()
}

/**
 * Last thing in every callback. The garbage collector of the `minimal` runtime may only run when the stack holds no
 * reference, which is here. It runs when the objects weigh twice as much as after its last run, so that its cost stays
 * a fixed share of what is allocated, however many requests are alive.
 */
export function leave(): void {
  if (--depth == 0 && total > limit) collect()
}

function collect(): void {
  __collect()
  limit = max(FIRST_COLLECTION, total * 2)
}

/** The host's allocator: what it hands over is read before the callback ends. */
export function malloc(size: usize): usize {
  return take(size)
}
