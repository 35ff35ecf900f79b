import { fieldsAt, listAt, stringsAt, textAt } from '../loose.ts'
import type { StringMap } from '../resource.ts'
import { hasLabels } from './label-index.ts'

/**
 * Whether a Kubernetes `LabelSelector` selects labels. Without a selector everything is selected, as in webhook
 * configurations; a condition that is not known selects nothing.
 */
export function selects(selector: unknown, labels: StringMap): boolean {
  if (!hasLabels(labels, stringsAt(selector, 'matchLabels'))) return false
  return listAt(selector, 'matchExpressions').every((condition) => holds(condition, labels))
}

function holds(condition: unknown, labels: StringMap): boolean {
  const key = textAt(condition, 'key') ?? ''
  const values = listAt(condition, 'values')
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined
  switch (textAt(condition, 'operator')) {
    case 'In':
      return value !== undefined && values.includes(value)
    case 'NotIn':
      return value === undefined || !values.includes(value)
    case 'Exists':
      return value !== undefined
    case 'DoesNotExist':
      return value === undefined
    default:
      return false
  }
}

/** Values that a selector names for a label, in `matchLabels` or in conditions. */
export function valuesFor(selector: unknown, key: string): string[] {
  const label = fieldsAt(selector, 'matchLabels')[key]
  const listed = listAt(selector, 'matchExpressions')
    .filter((condition) => textAt(condition, 'key') === key)
    .flatMap((condition) => listAt(condition, 'values'))
  return [label, ...listed].filter((value) => typeof value === 'string')
}
