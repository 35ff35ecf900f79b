import { BattenError } from '@batten/core'

/**
 * Where in a resource we are: `listener "0.0.0.0_8080": filter_chains[0].filters[1].typed_config.stat_prefix`.
 *
 * A path is a chain of segments, printed only when an error needs it, so that walking a large resource builds no
 * strings. Names are protobuf's (snake_case), as they stand in YAML and in Envoy's documentation.
 */
export class FieldPath {
  readonly #parent: FieldPath | undefined
  readonly #segment: string | number

  private constructor(parent: FieldPath | undefined, segment: string | number) {
    this.#parent = parent
    this.#segment = segment
  }

  /** The start of a path: what kind of thing and which one, e.g. `FieldPath.of('listener', '0.0.0.0_80')`. */
  static of(kind: string, name?: string): FieldPath {
    return new FieldPath(undefined, name === undefined ? kind : `${kind} ${JSON.stringify(name)}`)
  }

  /** A field by its name; camelCase is printed as snake_case. */
  field(name: string): FieldPath {
    return new FieldPath(this, name)
  }

  /** An element of a repeated field. */
  index(index: number): FieldPath {
    return new FieldPath(this, index)
  }

  /** A value of a map field. */
  key(key: string): FieldPath {
    return new FieldPath(this, `[${JSON.stringify(key)}]`)
  }

  toString(): string {
    const parent = this.#parent
    if (parent === undefined) return String(this.#segment)
    const segment = this.#segment
    const prefix = parent.toString()
    if (typeof segment === 'number') return `${prefix}[${segment}]`
    if (segment.startsWith('[')) return prefix + segment
    return `${prefix}${parent.#parent === undefined ? ': ' : '.'}${snakeCase(segment)}`
  }

  /** A value that is not allowed here. */
  invalid(message: string, hint?: string): BattenError {
    return new BattenError('PROXY_INVALID_CONFIG', { message, where: this.toString(), hint })
  }

  /** A field or value that this proxy does not implement yet. */
  unsupported(message = 'not supported yet', hint?: string): BattenError {
    return new BattenError('PROXY_UNSUPPORTED_FIELD', { message, where: this.toString(), hint })
  }

  /**
   * Runs a compile step that knows nothing of the resource around it (a filter, a matcher) and puts this path before
   * the field path of what it throws.
   */
  within<T>(compile: () => T): T {
    try {
      return compile()
    } catch (thrown) {
      throw this.prefix(thrown)
    }
  }

  /** An error with this path before its own. */
  prefix(thrown: unknown): BattenError {
    const error = BattenError.from(thrown, 'PROXY_INVALID_CONFIG')
    const inner = error.where
    const here = this.toString()
    if (inner?.startsWith(here)) return error
    const separator = this.#parent === undefined ? ': ' : '.'
    return new BattenError(error.code, {
      message: error.message,
      hint: error.hint,
      where: inner === undefined || inner === '' ? here : `${here}${separator}${inner}`,
      cause: error,
    })
  }
}

/** `filterChains` -> `filter_chains`. */
export function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}
