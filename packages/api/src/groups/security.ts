/** Security kinds: types and builders. */
export * from '../builders/peer-authentication.ts'
export type * from '../gen/types/security/index.ts'
