import { errorMessage } from '@batten/core/errors'
import { DEFAULT_LIMITS } from '../yaml/limits.ts'
import { type Fields, isFields, type PathSegment } from './check.ts'

/** Why a value of JavaScript has no counterpart in JSON, and where. */
export interface JsonProblem {
  readonly path: readonly PathSegment[]
  readonly message: string
}

/**
 * Looks for what JSON has no place for: functions, symbols, big integers, values that hold themselves, nesting without
 * end, and getters that throw. Undefined when there is nothing of the kind.
 */
export function jsonProblem(value: unknown): JsonProblem | undefined {
  return problemIn(value, [], new Set())
}

function problemIn(value: unknown, path: PathSegment[], above: Set<object>): JsonProblem | undefined {
  if (typeof value === 'function' || typeof value === 'symbol' || typeof value === 'bigint')
    return { path: [...path], message: `a ${typeof value} has no counterpart in JSON` }
  if (typeof value !== 'object' || value === null) return undefined
  if (above.has(value)) return { path: [...path], message: 'the value holds itself' }
  if (above.size > DEFAULT_LIMITS.maxDepth)
    return { path: [...path], message: `the value is nested deeper than ${DEFAULT_LIMITS.maxDepth} levels` }
  above.add(value)
  let found: JsonProblem | undefined
  try {
    const fields = value as Fields
    for (const key of Object.keys(value)) {
      path.push(Array.isArray(value) ? Number(key) : key)
      found = problemIn(fields[key], path, above)
      path.pop()
      if (found !== undefined) break
    }
  } catch (thrown) {
    found = { path: [...path], message: `the value cannot be read: ${errorMessage(thrown)}` }
  }
  above.delete(value)
  return found
}

/** The type of a value in a sentence: `a list`, `null`, `a number`. */
export function described(value: unknown): string {
  if (Array.isArray(value)) return 'a list'
  if (value === null || value === undefined) return String(value)
  return isFields(value) ? 'an object' : `a ${typeof value}`
}
