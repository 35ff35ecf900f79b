/**
 * Header fields in arrival order. Names are lower case everywhere (Envoy lower-cases HTTP/1 names as well);
 * values are latin1 strings, one code unit a byte, as they stood on the wire.
 *
 * Pseudo-headers are reachable by name (`:method`, `:path`, `:authority`, `:scheme`, `:status`) and, faster, as
 * properties of {@link RequestHeaders} and {@link ResponseHeaders}.
 */
export interface HeaderMap {
  /** First value of a name, or undefined. `name` must be lower case. */
  get(name: string): string | undefined
  /** Every value of a name, in order; an empty array when there is none. */
  getAll(name: string): readonly string[]
  has(name: string): boolean
  /** Replaces every value of a name by one; appends when it is absent. */
  set(name: string, value: string): void
  /** Adds one more field. */
  add(name: string, value: string): void
  /** Removes every field of a name; tells whether there was one. */
  remove(name: string): boolean
  /** Number of fields, pseudo-headers not counted. */
  readonly size: number
  /** Calls back for every field in order, pseudo-headers first. */
  forEach(callback: (name: string, value: string) => void): void
  /** Bytes of all names and values, pseudo-headers included. */
  readonly byteSize: number
}

export interface RequestHeaders extends HeaderMap {
  method: string
  /** Path and query, as in the request line. */
  path: string
  authority: string
  /** `http` or `https`. */
  scheme: string
}

export interface ResponseHeaders extends HeaderMap {
  /** 100..599 */
  status: number
}
