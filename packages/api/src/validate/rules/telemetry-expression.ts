import { parse } from '../../cel/parser.ts'

/**
 * What is wrong with the syntax of an expression over Envoy's attributes. Names and types are not looked at: the webhook
 * does not either.
 */
export function expressionProblem(expression: string): string | undefined {
  try {
    parse(expression, { isPlain: true })
    return undefined
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : String(thrown)
  }
}
