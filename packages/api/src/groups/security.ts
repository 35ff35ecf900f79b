/** Security kinds: types and builders. */
export * from '../builders/authorization-policy.ts'
export * from '../builders/peer-authentication.ts'
export * from '../builders/request-authentication.ts'
export type * from '../gen/types/security/index.ts'
