import { BattenError } from '@batten/core'
import type { LoggedStream } from './logged-stream.ts'

/** What a command operator says about a stream, with its type for JSON; undefined when there is nothing to say. */
export type LogValue = string | number | boolean | object | undefined
export type LogOperator = (stream: LoggedStream) => LogValue

/** The parameter of `%NAME(parameter)%`; undefined without parentheses. */
export type OperatorFactory = (parameter: string | undefined, name: string) => LogOperator

/** An operator without a parameter. */
export function plain(operator: LogOperator): OperatorFactory {
  return (parameter, name) => {
    if (parameter !== undefined) throw invalidOperator(`%${name}% takes no parameter`)
    return operator
  }
}

/** An operator that makes no sense without a parameter. */
export function parameterised(create: (parameter: string, name: string) => LogOperator): OperatorFactory {
  return (parameter, name) => {
    if (parameter === undefined || parameter === '')
      throw invalidOperator(`%${name}% needs a parameter in parentheses`)
    return create(parameter, name)
  }
}

/** The text of a value: what is an object prints as JSON. */
export function textOf(value: Exclude<LogValue, undefined>): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

export function invalidOperator(message: string): BattenError {
  return new BattenError('PROXY_INVALID_CONFIG', {
    message,
    hint: 'see https://www.envoyproxy.io/docs/envoy/latest/configuration/observability/access_log/usage#command-operators',
  })
}
