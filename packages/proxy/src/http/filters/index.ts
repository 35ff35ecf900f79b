import type { HttpFilterDefinition } from '../filter.ts'
import { cors } from './cors.ts'
import { fault } from './fault.ts'
import { router } from './router.ts'
import { wasmFilter } from './wasm.ts'

/**
 * Every HTTP filter of this proxy, found by the type of its configuration. A filter that is not here is refused by name;
 * `createProxy({ extensions })` adds in-house ones.
 */
export const httpFilters = [cors, fault, wasmFilter, router] as readonly HttpFilterDefinition[]
