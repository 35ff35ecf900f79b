import type { KubernetesObject } from '@batten/api'
import { validate } from '@batten/api/validate'
import type { Finding } from './finding.ts'
import { objectTitle } from './object-key.ts'
import type { Origin } from './source.ts'

/** What the schema of its kind, and Istio's rules, say about one object; with its place in its file. */
export function validateObject(object: KubernetesObject, origin: Origin): Finding[] {
  return validate(object).map((found) =>
    locate(
      {
        code: found.code,
        severity: found.severity,
        message: found.message,
        path: found.path,
        hint: found.hint,
      },
      object,
      origin,
      found.code === 'SCHEMA_UNKNOWN_FIELD' ? 'key' : 'value',
    ),
  )
}

/** Adds the object's name and the place of the finding's path. */
export function locate(
  finding: Omit<Finding, 'object' | 'file' | 'line' | 'column'>,
  object: KubernetesObject,
  origin: Origin,
  at: 'key' | 'value' = 'value',
): Finding {
  const position = origin.position?.(finding.path ?? '', at)
  return {
    ...finding,
    object: objectTitle(object),
    file: origin.file,
    line: position?.line,
    column: position?.column,
  }
}
