import { setTimeout as sleep } from 'node:timers/promises'

/** Waits until a condition holds; the error after ten seconds names it. */
export async function eventually(what: string, holds: () => boolean): Promise<void> {
  for (let waited = 0; waited < 10_000; waited += 2) {
    if (holds()) return
    await sleep(2)
  }
  throw new Error(`it never came true that ${what}`)
}
