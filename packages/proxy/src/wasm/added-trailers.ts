import type { HttpStream } from '../http/filter.ts'
import { HeaderTable } from '../http/header-table.ts'
import type { MutableGuestMap } from './guest-context.ts'

/**
 * Trailers of a message that has none, while its last piece passes: what a guest adds becomes its trailers. The guest
 * can change them until they have been passed on, which happens after each callback.
 */
export class AddedTrailers implements MutableGuestMap {
  readonly #stream: HttpStream
  readonly #isRequest: boolean
  #table: HeaderTable | undefined

  constructor(stream: HttpStream, isRequest: boolean) {
    this.#stream = stream
    this.#isRequest = isRequest
  }

  /** What can be read: nothing before something was written. */
  get written(): MutableGuestMap | undefined {
    return this.#table === undefined ? undefined : this
  }

  get byteSize(): number {
    return this.#table?.byteSize ?? 0
  }

  get(name: string): string | undefined {
    return this.#table?.get(name)
  }

  forEach(callback: (name: string, value: string) => void): void {
    this.#table?.forEach(callback)
  }

  set(name: string, value: string): void {
    ;(this.#table ??= new HeaderTable()).set(name, value)
  }

  add(name: string, value: string): void {
    ;(this.#table ??= new HeaderTable()).add(name, value)
  }

  remove(name: string): boolean {
    return (this.#table ??= new HeaderTable()).remove(name)
  }

  pass(): void {
    const table = this.#table
    this.#table = undefined
    table?.forEach((name, value) => {
      if (this.#isRequest) this.#stream.addRequestTrailer(name, value)
      else this.#stream.addResponseTrailer(name, value)
    })
  }
}
