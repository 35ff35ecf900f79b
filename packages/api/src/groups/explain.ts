/** Documentation of kinds, fields and codes as text. */

export {
  type CodeExplanation,
  codeExplanations,
  explainCode,
  similarCodes,
} from '../explain/explain-code.ts'
export {
  type ExplainedKind,
  type ExplainSchema,
  type Explanation,
  explainField,
} from '../explain/explain-field.ts'
export { nearest } from '../explain/nearest.ts'
export { printExplanation } from '../explain/print.ts'
