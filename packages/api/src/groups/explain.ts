/** Documentation of kinds and fields as text. */

export { explainCode } from '../explain/explain-code.ts'
export { type ExplainSchema, type Explanation, explainField } from '../explain/explain-field.ts'
export { printExplanation } from '../explain/print.ts'
