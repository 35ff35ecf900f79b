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
    }
  | { readonly kind: 'remove'; readonly name: string }

/** `request_headers_to_add/remove` and `response_headers_to_add/remove` of one level (route, virtual host, ...). */
export interface HeaderMutations {
  readonly request: readonly HeaderMutation[]
  readonly response: readonly HeaderMutation[]
}

/** Applies mutations in order. */
export function applyMutations(
  mutations: readonly HeaderMutation[],
  headers: HeaderMap,
  stream: unknown,
): void {
  for (const mutation of mutations) {
    const name = mutation.name
    if (mutation.kind === 'remove') {
      headers.remove(name)
      continue
    }
    const value = typeof mutation.value === 'string' ? mutation.value : mutation.value(stream)
    if (value === '' && !mutation.keepEmpty) continue
    switch (mutation.kind) {
      case 'append':
      case 'append-if-exists-or-add':
        headers.add(name, value)
        break
      case 'overwrite':
        headers.set(name, value)
        break
      case 'add-if-absent':
        if (!headers.has(name)) headers.add(name, value)
        break
      case 'overwrite-if-exists':
        if (headers.has(name)) headers.set(name, value)
        break
    }
  }
}
