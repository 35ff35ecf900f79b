import { compileRegex } from '@batten/core'
import type { AdminResponse } from './handler.ts'

/**
 * A test of names by a regular expression in the query; everything passes without one. A bad expression gives the
 * response to send.
 */
export function nameFilter(
  pattern: string | null,
  complaint: string,
): ((name: string) => boolean) | AdminResponse {
  if (pattern === null || pattern === '') return () => true
  try {
    const regex = compileRegex(pattern)
    return (name) => regex.finds(name)
  } catch {
    return { status: 400, body: `${complaint}\n` }
  }
}
