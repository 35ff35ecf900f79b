/** Reading and printing YAML. */
export {
  fromYaml,
  type Limits,
  type ParsedDocument,
  type ParsedObject,
  type ParseOptions,
  type ParseResult,
  type PositionOptions,
  parseDocuments,
} from '../yaml/parse.ts'
export { type PrintOptions, toYaml } from '../yaml/print.ts'
