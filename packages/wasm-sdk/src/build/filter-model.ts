/** What the front end found out about a filter's source: enough to generate the module's entry. */
export interface FilterModel {
  /** Class of the filter, and the module it is imported from (`./auth`). */
  readonly filter: ClassReference
  /** Class derived from `FilterRoot`, if there is one. */
  readonly root: ClassReference | undefined
  /** Class of the configuration; undefined for `NoConfig`. */
  readonly config: ClassReference | undefined
  /** Every `@config` class that the configuration needs. */
  readonly configClasses: readonly ConfigClass[]
  /** Names of the overridden callbacks of the filter. */
  readonly callbacks: ReadonlySet<string>
  /** Names of the overridden callbacks of the root. */
  readonly rootCallbacks: ReadonlySet<string>
  /** Whether the filter calls other services. */
  readonly hasCallouts: boolean
}

export interface ClassReference {
  readonly name: string
  /** Import path as the generated entry writes it. */
  readonly module: string
}

export interface ConfigClass extends ClassReference {
  readonly fields: readonly ConfigField[]
}

export interface ConfigField {
  readonly name: string
  readonly type: ConfigType
  /** Nothing gives it a value unless the configuration does. */
  readonly required: boolean
}

/** A type that a configuration field can have. */
export type ConfigType =
  | { readonly kind: 'string' | 'bool' }
  | { readonly kind: 'integer' | 'float'; readonly name: string }
  | { readonly kind: 'class'; readonly name: string }
  | { readonly kind: 'array' | 'map'; readonly item: ConfigType }
  | { readonly kind: 'nullable'; readonly item: ConfigType }

/** Callbacks of `HttpFilter` that exist only when overridden. */
export const FILTER_CALLBACKS = [
  'onRequestHeaders',
  'onRequestBody',
  'onRequestTrailers',
  'onResponseHeaders',
  'onResponseBody',
  'onResponseTrailers',
  'onLog',
  'onDone',
] as const

/** Callbacks of `FilterRoot`. */
export const ROOT_CALLBACKS = ['onConfigure', 'onTick', 'onDone'] as const
