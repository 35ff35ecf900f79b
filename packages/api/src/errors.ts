/**
 * Codes of everything that this package reports, apart from the codes of the analysis (`analyze/messages.ts`).
 * A code never changes its meaning.
 */
export const CODES = {
  /** The text is not YAML. */
  YAML_SYNTAX: 'The text is not valid YAML.',
  YAML_DUPLICATE_KEY: 'A mapping has the same key twice.',
  YAML_KEY: 'A key of a mapping is not a string, a number or a boolean.',
  YAML_TOO_LARGE: 'The text, or one document of it, is larger than the limit.',
  YAML_TOO_DEEP: 'The text is nested deeper than the limit.',
  YAML_ALIASES: 'Aliases expand to more nodes than the limit.',
  YAML_CONTROL_CHARACTER: 'The text has a control character that YAML does not allow.',
  YAML_VALUE: 'A value has no counterpart in JSON.',
  YAML_NOT_AN_OBJECT: 'The document is no object of Kubernetes.',
  SCHEMA_UNKNOWN_KIND: 'The kind, or its version, is not known.',
  SCHEMA_REQUIRED: 'A field is missing.',
  SCHEMA_TYPE: 'A value has the wrong type.',
  SCHEMA_ENUM: 'A value is not one of those that are allowed.',
  SCHEMA_PATTERN: 'A string does not have the form it must have.',
  SCHEMA_FORMAT: 'A value does not have the format it must have.',
  SCHEMA_RANGE: 'A number, a length or a count is out of bounds.',
  SCHEMA_ONE_OF: 'Fields that exclude each other are set together.',
  SCHEMA_UNKNOWN_FIELD: 'A field does not exist.',
  SCHEMA_DUPLICATE: 'Items of a list have the same identity.',
  SCHEMA_METADATA: 'Name, labels or annotations break the rules of Kubernetes.',
  BUILDER_SPLIT_SUM: 'The shares of a split do not sum to 100.',
  CEL_RULE: 'A rule of the CRD does not hold.',
} as const

/** A code of {@link CODES}. */
export type Code = keyof typeof CODES
