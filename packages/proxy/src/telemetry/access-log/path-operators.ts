import type { LoggedStream } from './logged-stream.ts'
import { invalidOperator, type OperatorFactory, parameterised } from './operator.ts'

/** Which path is meant: before a rewrite, after it, or the first where there was one. */
const SOURCES: Readonly<Record<string, (stream: LoggedStream) => string | undefined>> = {
  ORIG: ({ requestHeaders }) => requestHeaders.get('x-envoy-original-path'),
  PATH: ({ requestHeaders }) => requestHeaders.get(':path'),
  ORIG_OR_PATH: ({ requestHeaders }) =>
    requestHeaders.get('x-envoy-original-path') ?? requestHeaders.get(':path'),
}

function sourceOf(name: string, choice: string | undefined): (stream: LoggedStream) => string | undefined {
  const source = SOURCES[choice === undefined || choice === '' ? 'ORIG_OR_PATH' : choice]
  if (source === undefined)
    throw invalidOperator(`%${name}%: one of ${Object.keys(SOURCES).join(', ')} is expected, not ${choice}`)
  return source
}

function queryOf(path: string | undefined): string | undefined {
  const mark = path?.indexOf('?') ?? -1
  return mark < 0 ? undefined : path!.slice(mark + 1)
}

/** `%PATH(NQ:ORIG)%`, `%QUERY_PARAM(name)%` and their like. */
export const PATH_OPERATORS: Readonly<Record<string, OperatorFactory>> = {
  PATH: (parameter, name) => {
    const [query = '', choice, ...rest] = (parameter ?? '').split(':')
    if (!['', 'WQ', 'NQ'].includes(query) || rest.length > 0)
      throw invalidOperator(`%PATH(${parameter})%: WQ or NQ is expected, then which path`)
    const source = sourceOf(name, choice)
    if (query !== 'NQ') return source
    return (stream) => source(stream)?.replace(/\?.*$/s, '')
  },
  QUERY_PARAM: parameterised((parameter, name) => {
    const [key = '', choice] = parameter.split(':')
    const source = sourceOf(name, choice)
    return (stream) => {
      for (const pair of queryOf(source(stream))?.split('&') ?? []) {
        const equals = pair.indexOf('=')
        if ((equals < 0 ? pair : pair.slice(0, equals)) === key)
          return equals < 0 ? '' : pair.slice(equals + 1)
      }
      return undefined
    }
  }),
  QUERY_PARAMS: (parameter, name) => {
    const source = sourceOf(name, parameter)
    return (stream) => queryOf(source(stream))
  },
}
