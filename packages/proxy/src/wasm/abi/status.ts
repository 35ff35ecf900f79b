/** Results of host functions (`WasmResult`). */
export const OK = 0
export const NOT_FOUND = 1
export const BAD_ARGUMENT = 2
export const SERIALIZATION_FAILURE = 3
export const PARSE_FAILURE = 4
export const INVALID_MEMORY_ACCESS = 6
export const EMPTY = 7
export const CAS_MISMATCH = 8
export const INTERNAL_FAILURE = 10
export const BROKEN_CONNECTION = 11
export const UNIMPLEMENTED = 12
