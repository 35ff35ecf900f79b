export { Cidr, CidrSet, CidrTable, type IpFamily, ipFamily, normalizeIp } from './cidr.ts'
export { type Clock, systemClock, type Timer } from './clock.ts'
export { type DrainHold, type DrainResult, DrainTrigger, type DrainWatch, runWithDrain } from './drain.ts'
export {
  formatDuration,
  formatNanos,
  formatProtoDuration,
  msToProtoDuration,
  type ProtoDuration,
  parseDuration,
  parseDurationMs,
  parseProtoDuration,
  protoDurationToMs,
} from './duration.ts'
export { BattenError, type CoreErrorCode, type ErrorDetails, errorMessage } from './errors.ts'
export { GRPC_STATUS_NAMES } from './grpc-status.ts'
export { HostTable, portOf, stripPort } from './host-match.ts'
export { hasLabels, LabelSelector, type LabelSelectorSpec, type LabelSet } from './label-selector.ts'
export { type Component, Lifecycle, type LifecycleOptions } from './lifecycle.ts'
export {
  createLogger,
  LOG_LEVELS,
  type LogFields,
  type Logger,
  type LoggerOptions,
  type LogLevel,
  type RootLogger,
  silentLogger,
} from './log.ts'
export type { LogDestination } from './log-writer.ts'
export * from './metrics/index.ts'
export { compileRegex, type Regex, type RegexOptions } from './regex.ts'
export { anyOfStrings, compileStringMatch, type StringMatch, type StringMatcher } from './string-match.ts'
