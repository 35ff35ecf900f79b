import type { KubernetesObject } from '@batten/api'
import type { Validatable } from '@batten/api/validate'
import { fromYaml, type ParsedDocument, type ParseResult } from '@batten/api/yaml'
import { BattenError } from '@batten/core/errors'

/** What the matchers take: objects, what `fromYaml` returns, YAML as text, or lists of these. */
export type MatcherSubject = KubernetesObject | Validatable | ParseResult | string | readonly MatcherSubject[]

/**
 * Everything in what was passed to `expect`, in its order.
 *
 * @throws BattenError `MATCHER_SUBJECT` for what is neither an object nor YAML.
 */
export function subjectsOf(received: unknown, matcher: string): Validatable[] {
  if (Array.isArray(received)) return received.flatMap((one: unknown) => subjectsOf(one, matcher))
  if (typeof received === 'string') return [...fromYaml(received).documents]
  if (isParseResult(received)) return [...received.documents]
  if (isValidatable(received)) return [received]
  throw new BattenError('MATCHER_SUBJECT', {
    message: `${matcher} takes objects of Kubernetes, got ${described(received)}`,
    hint:
      received instanceof Promise
        ? 'await it: expect(await load())'
        : 'pass objects, what fromYaml returns, or YAML as text',
  })
}

function isParseResult(received: unknown): received is ParseResult {
  return isRecord(received) && Array.isArray(received['documents']) && !('apiVersion' in received)
}

function isValidatable(received: unknown): received is Validatable {
  if (!isRecord(received)) return false
  return typeof received['kind'] === 'string' || typeof received['position'] === 'function'
}

function isRecord(received: unknown): received is Record<string, unknown> {
  return typeof received === 'object' && received !== null
}

function described(received: unknown): string {
  if (received === null || received === undefined) return String(received)
  if (received instanceof Promise) return 'a promise'
  return typeof received === 'object' ? 'an object without kind' : `a ${typeof received}`
}

/** How many objects there are, for messages. */
export function countObjects(subjects: readonly Validatable[]): number {
  return subjects.reduce((sum, one) => sum + (isDocument(one) ? one.objects.length : 1), 0)
}

function isDocument(one: Validatable): one is ParsedDocument {
  return 'objects' in one && 'findings' in one
}
