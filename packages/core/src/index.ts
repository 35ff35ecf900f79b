export { type Clock, systemClock, type Timer } from './clock.ts'
export { BattenError, type ErrorDetails, errorMessage } from './errors.ts'
export { type LogFields, type Logger, type LogLevel, silentLogger } from './log.ts'
export * from './metrics/index.ts'
