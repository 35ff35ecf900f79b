/**
 * Codes of the errors that this package throws.
 *
 * - `XDS_DECODE_FAILED` bytes that are no such message: truncated, too deep, a bad varint
 * - `XDS_ENCODE_FAILED` an object that is no such message; says which field
 * - `XDS_JSON_INVALID` JSON or YAML that is no such message; `where` is the field path
 * - `XDS_UNKNOWN_TYPE` a type URL or message name without a codec
 * - `XDS_BAD_RESOURCE_NAME` a cluster or route name that does not follow Istio's forms
 * - `XDS_TOO_MANY_NAMES` a node subscribes to more resources than it may
 */
export type XdsErrorCode =
  | 'XDS_DECODE_FAILED'
  | 'XDS_ENCODE_FAILED'
  | 'XDS_JSON_INVALID'
  | 'XDS_UNKNOWN_TYPE'
  | 'XDS_BAD_RESOURCE_NAME'
  | 'XDS_TOO_MANY_NAMES'
