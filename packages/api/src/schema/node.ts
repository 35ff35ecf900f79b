import Type, { type TSchema } from 'typebox'

/** One CEL rule of a CRD schema node, as in `x-kubernetes-validations`. */
export interface CelRule {
  readonly rule: string
  readonly message: string
}

/** What documentation says beside the sentence itself; never part of a CRD. */
export interface Doc {
  /** What an unset field means, in prose or as a value. */
  readonly defaults?: string
  /** One short example: YAML of this message or a value of this field. */
  readonly example?: string
  /** Istio release that brought it. */
  readonly since?: string
  /** Feature stage where it is not stable. */
  readonly stage?: 'alpha' | 'beta' | 'experimental'
  /** What to use instead. */
  readonly deprecated?: string
}

/** Constraints and documentation of a field. Names are those of OpenAPI where it has one. */
export interface FieldOptions extends Doc {
  readonly nullable?: boolean
  readonly minLength?: number
  readonly maxLength?: number
  readonly pattern?: string
  readonly format?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly minItems?: number
  readonly maxItems?: number
  readonly minProperties?: number
  readonly maxProperties?: number
  readonly rules?: readonly CelRule[]
  /** Keys that identify an item of a list (`x-kubernetes-list-type: map`). */
  readonly listKeys?: readonly string[]
  /** Whether the items of a list must differ (`x-kubernetes-list-type: set`). */
  readonly set?: boolean
  /** What the API server writes where the field is missing. */
  readonly default?: unknown
  /** Allowed values of an integer. */
  readonly values?: readonly number[]
}

/** Fields of which at most one may be set. */
export interface OneOf {
  /** Name of the generated union type. */
  readonly name: string
  readonly fields: readonly string[]
  /** An object with none of them makes no sense, so that the TypeScript type asks for one. The schema does not. */
  readonly mustBeSet?: boolean
}

/** Options of {@link message}. */
export interface MessageOptions extends Doc {
  readonly required?: readonly string[]
  readonly oneOfs?: readonly OneOf[]
  readonly rules?: readonly CelRule[]
  /** Anchor on the documentation page of its kind, where it is not the message's name. */
  readonly anchor?: string
  /** The message has more fields than these, and they are kept as they are. */
  readonly open?: boolean
}

/** Key of what the generators read and no output carries. */
export const META = 'x-batten'

/** What {@link META} holds. */
export interface Meta extends Doc {
  /** Name of the message or enumeration, which becomes the TypeScript name. */
  readonly name?: string
  readonly summary?: string
  readonly oneOfs?: readonly OneOf[]
  readonly values?: Readonly<Record<string, string>>
  readonly anchor?: string
  readonly typeOnly?: boolean
}

function docOf(options: Doc): Doc {
  const { defaults, example, since, stage, deprecated } = options
  return JSON.parse(JSON.stringify({ defaults, example, since, stage, deprecated })) as Doc
}

function keywords(description: string, options: FieldOptions = {}): Record<string, unknown> {
  const { rules, listKeys, set, values, defaults, example, since, stage, deprecated, ...plain } = options
  const out: Record<string, unknown> = { description, ...plain }
  if (rules !== undefined) out['x-kubernetes-validations'] = rules
  if (listKeys !== undefined) {
    out['x-kubernetes-list-type'] = 'map'
    out['x-kubernetes-list-map-keys'] = listKeys
  }
  if (set === true) out['x-kubernetes-list-type'] = 'set'
  if (values !== undefined) out['enum'] = values
  const doc = docOf({
    ...(defaults !== undefined
      ? { defaults }
      : plain.default === undefined
        ? {}
        : { defaults: JSON.stringify(plain.default).replaceAll('"', '') }),
    ...(example === undefined ? {} : { example }),
    ...(since === undefined ? {} : { since }),
    ...(stage === undefined ? {} : { stage }),
    ...(deprecated === undefined ? {} : { deprecated }),
  })
  if (Object.keys(doc).length > 0) out[META] = doc
  return out
}

/** A string. */
export function text(description: string, options?: FieldOptions): TSchema {
  return Type.String(keywords(description, options))
}

/** A list of strings. */
export function texts(
  description: string,
  options?: FieldOptions & { readonly item?: FieldOptions },
): TSchema {
  const { item, ...rest } = options ?? {}
  return Type.Array(Type.String(keywords('', item)), keywords(description, rest))
}

/** true or false. */
export function flag(description: string, options?: FieldOptions): TSchema {
  return Type.Boolean(keywords(description, options))
}

/** A 32 bit signed integer. The CRD has no bounds beyond the format. */
export function int32(description: string, options?: FieldOptions): TSchema {
  return Type.Integer(keywords(description, { format: 'int32', ...options }))
}

/** A 32 bit unsigned integer. */
export function uint32(description: string, options?: FieldOptions): TSchema {
  return Type.Integer(keywords(description, { minimum: 0, maximum: 4294967295, ...options }))
}

/** An integer with the bounds that the options give. */
export function integer(description: string, options?: FieldOptions): TSchema {
  return Type.Integer(keywords(description, options))
}

/** A double. */
export function double(description: string, options?: FieldOptions): TSchema {
  return Type.Number(keywords(description, { format: 'double', ...options }))
}

/** The rule of Istio's duration fields. */
export const DURATION_RULE: CelRule = {
  rule: "duration(self) >= duration('1ms')",
  message: 'must be a valid duration greater than 1ms',
}

/** A Go duration of at least 1ms: `1.5s`, `2m`. */
export function duration(description: string, options?: FieldOptions): TSchema {
  return Type.String(keywords(description, { ...options, rules: [DURATION_RULE, ...(options?.rules ?? [])] }))
}

/** A list of messages, enumerations or scalars. */
export function list(items: TSchema, description: string, options?: FieldOptions): TSchema {
  return Type.Array(items, keywords(description, options))
}

/** A map from strings to `values`. */
export function map(values: TSchema, description: string, options?: FieldOptions): TSchema {
  return Type.Unsafe({ type: 'object', additionalProperties: values, ...keywords(description, options) })
}

/** A map from strings to strings. */
export function textMap(
  description: string,
  options?: FieldOptions & { readonly item?: FieldOptions },
): TSchema {
  const { item, ...rest } = options ?? {}
  return map(Type.String(keywords('', item)), description, rest)
}

/** JSON of any shape, which is an object at its top. */
export function freeForm(description: string, options?: FieldOptions): TSchema {
  return Type.Unsafe({
    type: 'object',
    ...keywords(description, options),
    'x-kubernetes-preserve-unknown-fields': true,
  })
}

/** An integer or a string (`targetPort: 8080` or `targetPort: http`). */
export function intOrString(description: string, options?: FieldOptions): TSchema {
  return Type.Unsafe({
    anyOf: [{ type: 'integer' }, { type: 'string' }],
    ...keywords(description, options),
    'x-kubernetes-int-or-string': true,
  })
}

/** Marks a field that has a TypeScript type but no schema: the CRD keeps it as an unknown field. */
export function typeOnly(schema: TSchema): TSchema {
  const own = (schema as unknown as Record<string, unknown>)[META] as Meta | undefined
  return Type.Unsafe({
    ...(schema as unknown as Record<string, unknown>),
    [META]: { ...own, typeOnly: true } satisfies Meta,
  })
}

/** A named enumeration of strings; the keys are the values, the values say what they mean. */
export function choice(name: string, description: string, values: Readonly<Record<string, string>>): TSchema {
  const meta: Meta = { name, summary: description, values }
  return Type.Unsafe({ type: 'string', description, enum: Object.keys(values), [META]: meta })
}

/** A named message: an object with known fields. Every field is optional unless `required` names it. */
export function message(
  name: string,
  description: string,
  fields: Readonly<Record<string, TSchema>>,
  options: MessageOptions = {},
): TSchema {
  const { required = [], oneOfs, rules, anchor, open, ...doc } = options
  const meta: Meta = {
    name,
    summary: description,
    ...docOf(doc),
    ...(oneOfs === undefined ? {} : { oneOfs }),
    ...(anchor === undefined ? {} : { anchor }),
  }
  const properties: Record<string, TSchema> = {}
  for (const [key, value] of Object.entries(fields)) {
    properties[key] = required.includes(key) ? value : Type.Optional(value)
  }
  const extra: Record<string, unknown> = { description, ...oneOfKeywords(oneOfs) }
  if (rules !== undefined) extra['x-kubernetes-validations'] = rules
  if (open === true) extra['x-kubernetes-preserve-unknown-fields'] = true
  extra[META] = meta
  return Type.Object(properties, extra)
}

/** JSON Schema for "at most one of": none of them, or exactly one. */
function oneOfKeywords(oneOfs: readonly OneOf[] | undefined): Record<string, unknown> {
  if (oneOfs === undefined || oneOfs.length === 0) return {}
  const alternatives = oneOfs.map(({ fields }) => [
    { not: { anyOf: fields.map((field) => ({ required: [field] })) } },
    ...fields.map((field) => ({ required: [field] })),
  ])
  if (alternatives.length === 1) return { oneOf: alternatives[0] }
  return { allOf: alternatives.map((oneOf) => ({ oneOf })) }
}

/** Uses a named message or enumeration as a field with its own sentence. */
export function field(schema: TSchema, description: string, options: FieldOptions = {}): TSchema {
  const extra = keywords(description, options)
  const own = (schema as unknown as Record<string, unknown>)[META] as Meta
  const rules = [
    ...(((schema as unknown as Record<string, unknown>)['x-kubernetes-validations'] as CelRule[]) ?? []),
    ...(options.rules ?? []),
  ]
  return Type.Unsafe({
    ...(schema as unknown as Record<string, unknown>),
    ...extra,
    ...(rules.length === 0 ? {} : { 'x-kubernetes-validations': rules }),
    [META]: { ...own, ...((extra[META] as Meta | undefined) ?? {}), name: own.name },
  })
}
