/**
 * Codes of the errors that this package throws.
 *
 * - `CIDR_INVALID` a text that is no IP address or range
 * - `DURATION_INVALID` a text that is no duration
 * - `HOST_DUPLICATE` a domain that is given twice
 * - `LABEL_SELECTOR_INVALID` a label selector with a bad operator or syntax
 * - `LIFECYCLE_INVALID` components that cannot be ordered, or are added too late
 * - `REGEX_INVALID` a pattern that RE2 does not take
 * - `INTERNAL` anything that {@link BattenError.from} wrapped
 */
export type CoreErrorCode =
  | 'CIDR_INVALID'
  | 'DURATION_INVALID'
  | 'HOST_DUPLICATE'
  | 'INTERNAL'
  | 'LABEL_SELECTOR_INVALID'
  | 'LIFECYCLE_INVALID'
  | 'REGEX_INVALID'

/** What a caller may tell about a failure; every field shows up in {@link BattenError.toString} or in `--debug` output. */
export interface ErrorDetails {
  /** One sentence that says what went wrong. */
  readonly message: string
  /** What the reader can do next. */
  readonly hint?: string | undefined
  /** Where: object, field path, `file:line:column`, resource name. */
  readonly where?: string | undefined
  /** The lower-level error. Kept for logs, never part of the message. */
  readonly cause?: unknown
}

/**
 * An error that a user sees: a stable code, one sentence, where it happened and what to do next.
 *
 * Codes are `AREA_REASON` (`PROXY_BIND_FAILED`); each package lists its own in `errors.ts`.
 *
 * @example
 * throw new BattenError('PROXY_BIND_FAILED', {
 *   message: 'cannot listen on 127.0.0.1:8080: address in use',
 *   hint: 'stop the process that owns the port or choose another with --gateway-port',
 * })
 */
export class BattenError extends Error {
  override readonly name = 'BattenError'
  readonly code: string
  readonly hint: string | undefined
  readonly where: string | undefined

  constructor(code: string, details: ErrorDetails) {
    super(details.message, details.cause === undefined ? undefined : { cause: details.cause })
    this.code = code
    this.hint = details.hint
    this.where = details.where
  }

  /** Wraps anything that was thrown; never throws itself. A BattenError is returned as it is. */
  static from(thrown: unknown, code = 'INTERNAL'): BattenError {
    if (thrown instanceof BattenError) return thrown
    return new BattenError(code, { message: errorMessage(thrown), cause: thrown })
  }

  override toString(): string {
    const where = this.where === undefined ? '' : `\n  at: ${this.where}`
    const hint = this.hint === undefined ? '' : `\n  hint: ${this.hint}`
    return `${this.message}   [${this.code}]${where}${hint}`
  }
}

/** The message of anything that was thrown. */
export function errorMessage(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}
