import type { HeaderMap } from '../header-map.ts'

/** A value with Envoy command operators (`%DOWNSTREAM_REMOTE_ADDRESS%`), compiled; a plain text is returned as is. */
export type HeaderValue = string | ((stream: unknown) => string)

export type HeaderMutation =
  | {
      readonly kind:
        | 'append'
        | 'append-if-exists-or-add'
        | 'overwrite'
        | 'add-if-absent'
        | 'overwrite-if-exists'
      readonly name: string
      readonly value: HeaderValue
      /** Keep the field although its value is empty. */
      readonly keepEmpty: boolean
      /** A value is appended to the field that is there, after a comma, and not as one more field. Default: false. */
      readonly joins?: boolean
    }
  | { readonly kind: 'remove'; readonly name: string }

/** `request_headers_to_add/remove` and `response_headers_to_add/remove` of one level (route, virtual host, ...). */
export interface HeaderMutations {
  readonly request: readonly HeaderMutation[]
  readonly response: readonly HeaderMutation[]
}

/** Values of the mutations that are being applied: what a level adds is worked out before any of it is. */
const values: (string | undefined)[] = []

/**
 * Applies the mutations of one level, which are sorted (`compile-header-mutations.ts`): first what is removed goes; then,
 * as in Envoy, every value and condition is taken from what is left, before the first field is written.
 */
export function applyMutations(
  mutations: readonly HeaderMutation[],
  headers: HeaderMap,
  stream: unknown,
): void {
  for (let i = 0; i < mutations.length; i++) {
    const mutation = mutations[i]!
    if (mutation.kind === 'remove') headers.remove(mutation.name)
    else values[i] = writtenValue(mutation, headers, stream)
  }
  for (let i = 0; i < mutations.length; i++) {
    const mutation = mutations[i]!
    const value = values[i]
    if (mutation.kind === 'remove' || value === undefined) continue
    const { name } = mutation
    if (mutation.kind === 'overwrite' || mutation.kind === 'overwrite-if-exists') headers.set(name, value)
    else if (mutation.joins === true && headers.has(name)) join(headers, name, value)
    else headers.add(name, value)
  }
}

function join(headers: HeaderMap, name: string, value: string): void {
  const before = headers.getAll(name).join(',')
  headers.set(name, before === '' || value === '' ? before + value : `${before},${value}`)
}

/** What a mutation writes; undefined when it does not. */
function writtenValue(
  mutation: Exclude<HeaderMutation, { kind: 'remove' }>,
  headers: HeaderMap,
  stream: unknown,
): string | undefined {
  const { kind, name } = mutation
  if (kind === 'add-if-absent' && headers.has(name)) return undefined
  if (kind === 'overwrite-if-exists' && !headers.has(name)) return undefined
  const value = typeof mutation.value === 'string' ? mutation.value : mutation.value(stream)
  return value === '' && !mutation.keepEmpty ? undefined : value
}
