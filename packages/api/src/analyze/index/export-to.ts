/** Namespaces that see something. */
export class Visibility {
  /** What everybody sees. */
  static readonly everywhere = new Visibility(undefined)
  readonly #namespaces: ReadonlySet<string> | undefined

  private constructor(namespaces: ReadonlySet<string> | undefined) {
    this.#namespaces = namespaces
  }

  /** Reads `exportTo` of an object in `namespace`: `*`, `.`, `~` and names. `defaults` stand for an empty list. */
  static of(
    exportTo: readonly string[] | undefined,
    namespace: string,
    defaults: readonly string[],
  ): Visibility {
    const entries = exportTo === undefined || exportTo.length === 0 ? defaults : exportTo
    if (entries.length === 0 || entries.includes('*')) return Visibility.everywhere
    const named = entries.filter((entry) => entry !== '~').map((entry) => (entry === '.' ? namespace : entry))
    return new Visibility(new Set(named))
  }

  /** The namespaces by name; undefined for all of them. */
  get namespaces(): readonly string[] | undefined {
    return this.#namespaces === undefined ? undefined : [...this.#namespaces]
  }

  includes(namespace: string): boolean {
    return this.#namespaces === undefined || this.#namespaces.has(namespace)
  }

  /** Whether some namespace sees both. */
  overlaps(other: Visibility): boolean {
    if (this.#namespaces === undefined) return other.#namespaces === undefined || other.#namespaces.size > 0
    if (other.#namespaces === undefined) return this.#namespaces.size > 0
    return [...this.#namespaces].some((namespace) => other.includes(namespace))
  }
}
