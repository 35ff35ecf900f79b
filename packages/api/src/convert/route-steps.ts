import type { RouteBuilder } from '../builders/route.ts'
import type { CorsPolicy } from '../gen/types/networking/http-policy.ts'
import type { HeaderOperations, HTTPRetry } from '../gen/types/networking/virtual-service.ts'
import { type Fields, isFields } from '../validate/check.ts'
import { type Code, call, literal, quoted } from './code.ts'

/** A step of a route: the fields that it says, its code, and what it does. */
export interface RouteStep {
  readonly keys: readonly string[]
  readonly code: Code
  readonly add: (route: RouteBuilder) => RouteBuilder
}

/** The steps that say fields of a route, in the order in which people write them. */
export function stepsOf(fields: Fields): RouteStep[] {
  const steps = [
    retryStep(fields['retries']),
    timeoutStep(fields['timeout']),
    rewriteStep(fields['rewrite']),
    faultStep(fields['fault']),
    mirrorStep(fields['mirror'], fields['mirrorPercentage']),
    corsStep(fields['corsPolicy']),
    ...headerSteps(fields['headers']),
  ]
  return steps.filter((step) => step !== undefined)
}

function retryStep(retries: unknown): RouteStep | undefined {
  if (!isFields(retries)) return undefined
  const { attempts, ...options } = retries
  const keys = ['retries']
  if (typeof attempts !== 'number')
    return {
      keys,
      code: call('retry', literal(retries)),
      add: (route) => route.retry(retries as HTTPRetry),
    }
  const more = Object.keys(options).length === 0 ? [] : [literal(options)]
  return {
    keys,
    code: call('retry', String(attempts), ...more),
    add: (route) => route.retry(attempts, options),
  }
}

function timeoutStep(timeout: unknown): RouteStep | undefined {
  if (typeof timeout !== 'string') return undefined
  return { keys: ['timeout'], code: call('timeout', quoted(timeout)), add: (route) => route.timeout(timeout) }
}

function rewriteStep(rewrite: unknown): RouteStep | undefined {
  if (!isFields(rewrite)) return undefined
  const { uri, ...others } = rewrite
  const plain = typeof uri === 'string' && Object.keys(others).length === 0
  return {
    keys: ['rewrite'],
    code: call('rewrite', plain ? quoted(uri) : literal(rewrite)),
    add: (route) => route.rewrite(plain ? uri : rewrite),
  }
}

function faultStep(fault: unknown): RouteStep | undefined {
  if (!isFields(fault)) return undefined
  const short = shortFault(fault)
  return {
    keys: ['fault'],
    code: call('fault', literal(short ?? fault)),
    add: (route) => route.fault(short ?? fault),
  }
}

/** `{ delay, abort, percent }`, where both have the same share and nothing else. */
function shortFault(fault: Fields): Fields | undefined {
  const { delay, abort } = fault
  if (delay !== undefined && !isFields(delay)) return undefined
  if (abort !== undefined && !isFields(abort)) return undefined
  const shares = [delay, abort]
    .filter((one) => one !== undefined)
    .map(({ percentage }) => (isFields(percentage) ? percentage['value'] : undefined))
  const [percent] = shares
  if (shares.some((share) => share !== percent) || (percent !== undefined && typeof percent !== 'number'))
    return undefined
  const { fixedDelay } = delay ?? {}
  const { httpStatus } = abort ?? {}
  if (fixedDelay === undefined && httpStatus === undefined) return undefined
  return Object.fromEntries(
    Object.entries({ delay: fixedDelay, abort: httpStatus, percent }).filter(([, one]) => one !== undefined),
  )
}

function mirrorStep(mirror: unknown, percentage: unknown): RouteStep | undefined {
  if (!isFields(mirror) || typeof mirror['host'] !== 'string') return undefined
  const { host, subset, ...others } = mirror
  const percent = isFields(percentage) ? percentage['value'] : undefined
  const plain = Object.keys(others).length === 0
  const options: Fields = {
    ...(plain && subset !== undefined ? { subset } : {}),
    ...(typeof percent === 'number' ? { percent } : {}),
  }
  const more = Object.keys(options).length === 0 ? [] : [literal(options)]
  return {
    keys: percent === undefined ? ['mirror'] : ['mirror', 'mirrorPercentage'],
    code: call('mirror', plain ? quoted(host as string) : literal(mirror), ...more),
    add: (route) => route.mirror(plain ? (host as string) : { ...mirror, host: host as string }, options),
  }
}

function corsStep(policy: unknown): RouteStep | undefined {
  if (!isFields(policy)) return undefined
  return {
    keys: ['corsPolicy'],
    code: call('cors', literal(policy)),
    add: (route) => route.cors(policy as CorsPolicy),
  }
}

function headerSteps(headers: unknown): RouteStep[] {
  if (!isFields(headers)) return []
  const { request, response, ...others } = headers
  if (Object.keys(others).length > 0) return []
  const steps: RouteStep[] = []
  if (isFields(request))
    steps.push({
      keys: ['headers'],
      code: call('requestHeaders', literal(request)),
      add: (route) => route.requestHeaders(request as HeaderOperations),
    })
  if (isFields(response))
    steps.push({
      keys: ['headers'],
      code: call('responseHeaders', literal(response)),
      add: (route) => route.responseHeaders(response as HeaderOperations),
    })
  return steps
}
