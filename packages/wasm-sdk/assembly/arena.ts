/**
 * Memory for everything that lives no longer than one callback: what the host hands over through `malloc`, encoded
 * names and values, out parameters. Allocation moves a pointer; entering the module from outside frees all of it.
 */

/** Bytes that the arena has at first, and the most that it grows to when callbacks ask for more than it has. */
const INITIAL_BYTES: usize = 16 * 1024
const MAX_BYTES: usize = 256 * 1024
/** Every address is a multiple of this. */
const ALIGN: usize = 8

/** The arena itself; 0 until the host enters the module for the first time (start code may already log). */
let base: usize = 0
let top: usize = 0
let end: usize = 0

/** Blocks that did not fit: a list linked through their first word, freed by the next reset. */
let overflow: usize = 0
let overflowBytes: usize = 0

/** Takes `size` bytes; never fails except by trapping when the memory limit is reached. */
export function take(size: usize): usize {
  const at = top
  const next = at + ((size + ALIGN - 1) & ~(ALIGN - 1))
  if (next <= end && next >= at) {
    top = next
    return at
  }
  return takeSlow(size)
}

function takeSlow(size: usize): usize {
  const block = heap.alloc(size + ALIGN)
  store<usize>(block, overflow)
  overflow = block
  overflowBytes += size
  return block + ALIGN
}

/** The current position; give it to {@link release} to free what was taken since. */
export function mark(): usize {
  return top
}

/** Frees what was taken since `position`, except for what did not fit. */
export function release(position: usize): void {
  top = position
}

/** Frees everything. Called when the host enters the module. */
export function reset(): void {
  if (base == 0) start()
  top = base
  if (overflow != 0) freeOverflow()
}

/** False while the module's own start code runs. */
export function hasEntered(): bool {
  return base != 0
}

function start(): void {
  base = heap.alloc(INITIAL_BYTES)
  top = base
  end = base + INITIAL_BYTES
}

function freeOverflow(): void {
  let block = overflow
  while (block != 0) {
    const next = load<usize>(block)
    heap.free(block)
    block = next
  }
  overflow = 0
  const wanted = end - base + overflowBytes
  overflowBytes = 0
  if (wanted <= MAX_BYTES) {
    heap.free(base)
    base = heap.alloc(wanted)
    top = base
    end = base + wanted
  }
}

/** Four words for out parameters; valid until the next use. */
export const out: usize = memory.data(16, 8)
