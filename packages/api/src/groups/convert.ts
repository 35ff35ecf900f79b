/** YAML turned into TypeScript. */
export { type Conversion, toTypeScript } from '../convert/convert.ts'
export type { Finding, Severity, SourceRange } from '../validate/findings.ts'
export type { Limits, ParseOptions } from '../yaml/parse.ts'
