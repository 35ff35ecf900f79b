/** Key of the function by which a filter's configuration of one level takes over from the next less specific one. */
export const INHERIT = Symbol('inherit')

/** A compiled configuration of a filter that does not simply replace a less specific one. */
export interface InheritingConfig<T> {
  readonly [INHERIT]: (specific: T, general: T) => T
}

/** What holds where two levels configure one filter: as a rule the more specific one alone. */
export function inheritConfig(specific: unknown, general: unknown): unknown {
  return isInheriting(specific) && isInheriting(general) ? specific[INHERIT](specific, general) : specific
}

function isInheriting(config: unknown): config is InheritingConfig<unknown> {
  return typeof config === 'object' && config !== null && INHERIT in config
}
