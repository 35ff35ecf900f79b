import type { PlainMessage } from './codec-compiler.ts'
import {
  enumDescriptor,
  type FieldDescriptor,
  messageDescriptor,
  type ScalarType,
  type ValueType,
} from './descriptor.ts'
import { MAX_DEPTH } from './wire.ts'

/**
 * What is wrong with a plain object as a message, as `path: reason`, or undefined. Stricter than encoding: also finds
 * properties that the message does not have, and two members of one oneof.
 */
export function verifyMessage(name: string, message: unknown): string | undefined {
  const problem = verifyFields(name, message, '', 0)
  return problem?.replace(/^\./, '')
}

function verifyFields(name: string, message: unknown, path: string, depth: number): string | undefined {
  if (depth > MAX_DEPTH) return `${path}: nested deeper than ${MAX_DEPTH}`
  if (typeof message !== 'object' || message === null || Array.isArray(message))
    return `${path}: expected ${name}`
  const { byName } = messageDescriptor(name)!
  const oneofs = new Map<string, string>()
  for (const key of Object.keys(message)) {
    const value = (message as PlainMessage)[key]
    if (value === undefined || value === null) continue
    const field = byName.get(key)
    if (field === undefined || field.name !== key) return `${path}.${key}: unknown field of ${name}`
    if (field.oneof !== undefined) {
      const other = oneofs.get(field.oneof)
      if (other !== undefined) return `${path}.${key}: only one of "${other}" and "${key}" may be set`
      oneofs.set(field.oneof, key)
    }
    const problem = verifyField(field, value, `${path}.${key}`, depth)
    if (problem !== undefined) return problem
  }
  return undefined
}

function verifyField(
  field: FieldDescriptor,
  value: unknown,
  path: string,
  depth: number,
): string | undefined {
  if (field.mapKey === undefined && !field.repeated) return verifyValue(field.value, value, path, depth)
  if (field.repeated && !Array.isArray(value)) return `${path}: expected an array`
  if (typeof value !== 'object' || value === null) return `${path}: expected an object`
  for (const key of Object.keys(value)) {
    const problem = verifyValue(field.value, (value as PlainMessage)[key], `${path}[${key}]`, depth)
    if (problem !== undefined) return problem
  }
  return undefined
}

function verifyValue(type: ValueType, value: unknown, path: string, depth: number): string | undefined {
  if (type.kind === 'message') return verifyFields(type.name, value, path, depth + 1)
  if (type.kind === 'enum') {
    const known = typeof value === 'string' && enumDescriptor(type.name).byName.has(value)
    return known || /^-?\d{1,10}$/.test(String(value))
      ? undefined
      : `${path}: expected a value of ${type.name}`
  }
  return fits(type.scalar, value) ? undefined : `${path}: expected ${type.scalar}, got ${typeof value}`
}

function fits(scalar: ScalarType, value: unknown): boolean {
  switch (scalar) {
    case 'bool':
      return typeof value === 'boolean'
    case 'string':
      return typeof value === 'string'
    case 'bytes':
      return value instanceof Uint8Array
    case 'double':
    case 'float':
      return typeof value === 'number'
    case 'uint32':
    case 'fixed32':
      return typeof value === 'number' && value === value >>> 0
    case 'int32':
    case 'sint32':
    case 'sfixed32':
      return typeof value === 'number' && value === (value | 0)
  }
  if (typeof value !== 'bigint') return Number.isSafeInteger(value)
  return scalar === 'uint64' || scalar === 'fixed64'
    ? value === BigInt.asUintN(64, value)
    : value === BigInt.asIntN(64, value)
}
