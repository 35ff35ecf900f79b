import type { Rejection } from '@batten/xds'
import type { RejectedResource } from './resource-handler.ts'

/** Longest error text that is sent; servers log it. */
const MAX_LENGTH = 8192

/**
 * What a NACK says: every resource of the response that was refused, with field path and reason.
 *
 * @param whole - nothing of the response was applied, so every version stays what it was
 * @example 'listener "0.0.0.0_8080": filter_chains[0].filters[0].typed_config.local_reply_config: not supported yet'
 */
export function rejectionOf(rejected: readonly RejectedResource[], whole: boolean): Rejection | undefined {
  if (rejected.length === 0) return undefined
  const text = rejected.map(({ message }) => message).join('\n')
  const message =
    text.length <= MAX_LENGTH ? text : `${text.slice(0, MAX_LENGTH)}... (${rejected.length} errors)`
  return whole ? { message } : { message, names: new Set(rejected.map(({ name }) => name)) }
}
