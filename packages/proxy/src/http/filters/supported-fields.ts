import { BattenError } from '@batten/core'

/**
 * Refuses a configuration in which a field is set that its filter does not implement, so that nothing is ignored in
 * silence. Default values of protobuf count as not set.
 *
 * @throws BattenError `PROXY_UNSUPPORTED_FIELD` with the path of the field
 */
export function refuseOtherFields(config: object, supported: readonly string[]): void {
  for (const [field, value] of Object.entries(config)) {
    if (supported.includes(field) || isDefault(value)) continue
    const where = snakeCase(field)
    throw new BattenError('PROXY_UNSUPPORTED_FIELD', { message: `${where} is not supported yet`, where })
  }
}

/** A BattenError for a value that is not allowed. */
export function invalidField(where: string, message: string): BattenError {
  return new BattenError('PROXY_INVALID_CONFIG', { message, where })
}

function isDefault(value: unknown): boolean {
  return (
    value === undefined ||
    value === null ||
    value === '' ||
    value === 0 ||
    value === false ||
    (Array.isArray(value) && value.length === 0)
  )
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}
