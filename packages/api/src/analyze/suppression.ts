import type { Resource } from './resource.ts'

/** A rule that keeps messages of a code about some objects out of the result; either part may have `*`. */
export interface Suppression {
  readonly code: string
  /** `Kind namespace/name`, or istioctl's older `Kind name.namespace`. */
  readonly resource: string
}

/** Annotation with codes that are not reported about an object. */
export const SUPPRESS_ANNOTATION = 'galley.istio.io/analyze-suppress'

/**
 * Reads `CODE=RESOURCE` of the command line; undefined when there is no `=`.
 *
 * @example
 * parseSuppression('IST0102=Namespace test-*') // { code: 'IST0102', resource: 'Namespace test-*' }
 */
export function parseSuppression(text: string): Suppression | undefined {
  const equals = text.indexOf('=')
  if (equals < 1) return undefined
  return { code: text.slice(0, equals).trim(), resource: text.slice(equals + 1).trim() }
}

/** Decides about messages; patterns are compiled once. */
export class Suppressions {
  readonly #rules: readonly { readonly code: RegExp; readonly resource: RegExp }[]

  constructor(suppressions: readonly Suppression[]) {
    this.#rules = suppressions.map(({ code, resource }) => ({
      code: wildcardPattern(code),
      resource: wildcardPattern(resource),
    }))
  }

  /** Whether a message of `code` about `resource` is not wanted. */
  covers(code: string, resource: Resource): boolean {
    if (isSuppressedBy(resource.annotations[SUPPRESS_ANNOTATION], code)) return true
    if (this.#rules.length === 0) return false
    const { kind, namespace, name, fullName } = resource
    const forms = [`${kind} ${fullName}`, `${kind} ${name}${namespace === '' ? '' : `.${namespace}`}`]
    if (namespace !== '') forms.push(`${kind} ${namespace}/${name}`)
    return this.#rules.some((rule) => rule.code.test(code) && forms.some((form) => rule.resource.test(form)))
  }
}

function isSuppressedBy(annotation: string | undefined, code: string): boolean {
  if (annotation === undefined) return false
  return annotation.split(',').some((part) => part.trim() !== '' && wildcardPattern(part.trim()).test(code))
}

function wildcardPattern(text: string): RegExp {
  const parts = text.split('*').map((part) => part.replace(/[\\^$.|?+()[\]{}]/g, '\\$&'))
  return new RegExp(`^${parts.join('.*')}$`, 's')
}
