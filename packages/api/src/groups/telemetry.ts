/** Telemetry kinds: types and builders. */
export * from '../builders/telemetry.ts'
export type * from '../gen/types/telemetry/index.ts'
