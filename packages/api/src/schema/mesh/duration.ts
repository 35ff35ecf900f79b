import type { TSchema } from 'typebox'
import { type FieldOptions, text } from '../node.ts'

/** A duration of a mesh document: seconds, perhaps with a fraction (`10s`, `0.5s`). Other units are not known there. */
export function seconds(description: string, options: FieldOptions = {}): TSchema {
  return text(description, { pattern: '^-?[0-9]{1,12}(\\.[0-9]{1,9})?s$', example: '10s', ...options })
}
