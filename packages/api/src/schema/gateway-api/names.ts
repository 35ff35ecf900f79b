import type { TSchema } from 'typebox'
import { type FieldOptions, integer, text, texts } from '../node.ts'

/** Part of a pattern: labels with dots between them. */
export const SUBDOMAIN = '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*'

/** A host name, perhaps with a wildcard as its first label. */
export const HOST_NAME = { minLength: 1, maxLength: 253, pattern: `^(\\*\\.)?${SUBDOMAIN}$` } as const

/** A host name without a wildcard. */
export const PRECISE_HOST_NAME = { minLength: 1, maxLength: 253, pattern: `^${SUBDOMAIN}$` } as const

/** Name of a header. */
export const HEADER_NAME = {
  minLength: 1,
  maxLength: 256,
  pattern: "^[A-Za-z0-9!#$%&'*+\\-.^_\\x60|~]+$",
} as const

/**
 * Value of a header: printable ASCII characters with single spaces or tabs between them.
 *
 * Differs from spec: the CRD writes `[\t ]?` in the repetition. That means the same, but takes exponential time in
 * an engine that backtracks.
 */
export const HEADER_VALUE = {
  minLength: 1,
  maxLength: 4096,
  pattern: '^[!-~]+([\\t ][!-~]+)*$',
} as const

/** Characters of a path, with the others escaped. */
export const PATH_CHARACTERS = "^(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|[%][0-9a-fA-F]{2})+$"

/** Options of a controller: a domain and a path. */
export const CONTROLLER_NAME = {
  minLength: 1,
  maxLength: 253,
  pattern: `^${SUBDOMAIN}\\/[A-Za-z0-9\\/\\-._~%!$&'()*+,;=:]+$`,
} as const

/** An API group; empty for the core group. */
export function group(description: string, options: FieldOptions = {}): TSchema {
  return text(description, { maxLength: 253, pattern: `^$|^${SUBDOMAIN}$`, ...options })
}

/** Name of a kind. */
export function kindName(description: string, options: FieldOptions = {}): TSchema {
  return text(description, {
    minLength: 1,
    maxLength: 63,
    pattern: '^[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?$',
    ...options,
  })
}

/** Name of an object. */
export function objectName(description: string, options: FieldOptions = {}): TSchema {
  return text(description, { minLength: 1, maxLength: 253, ...options })
}

/** Name of a namespace. */
export function namespaceName(description: string, options: FieldOptions = {}): TSchema {
  return text(description, {
    minLength: 1,
    maxLength: 63,
    pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$',
    ...options,
  })
}

/** Name of a listener, a port or a rule. */
export function sectionName(description: string, options: FieldOptions = {}): TSchema {
  return text(description, { minLength: 1, maxLength: 253, pattern: `^${SUBDOMAIN}$`, ...options })
}

/** Number of a port. */
export function portNumber(description: string, options: FieldOptions = {}): TSchema {
  return integer(description, { format: 'int32', minimum: 1, maximum: 65535, ...options })
}

/** A duration as GEP-2257 writes it: up to four numbers with units, no fractions. */
export function gatewayDuration(description: string, options: FieldOptions = {}): TSchema {
  return text(description, { pattern: '^([0-9]{1,5}(h|m|s|ms)){1,4}$', ...options })
}

/** Host names of a route. */
export function hostnames(description: string, options: FieldOptions = {}): TSchema {
  return texts(description, { item: HOST_NAME, maxItems: 16, ...options })
}
