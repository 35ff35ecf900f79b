import { readFileSync } from 'node:fs'
import { BattenError, errorMessage } from '@batten/core'
import { type Bootstrap, messageFromJson } from '@batten/xds'
import { parseYaml } from './parse-yaml.ts'

/** No bootstrap is larger, and a wrong file (a core dump, a device) is told early. */
const MAX_BYTES = 64 * 1024 * 1024

/** Where a bootstrap comes from. Both may be given: `yaml` is then merged over the file, as in Envoy. */
export interface BootstrapInput {
  /** `-c`: a YAML or JSON file. */
  readonly path?: string | undefined
  /** `--config-yaml`: the text itself. */
  readonly yaml?: string | undefined
  /** The parsed JSON form; wins over the others. */
  readonly json?: unknown
}

/** A bootstrap with the place to name in errors. */
export interface LoadedBootstrap {
  readonly message: Bootstrap
  /** The file, or `--config-yaml`. */
  readonly origin: string
}

/**
 * Reads an Envoy v3 bootstrap.
 *
 * @throws BattenError `PROXY_BOOTSTRAP_UNREADABLE`, or `PROXY_BOOTSTRAP_INVALID` with the file and field path
 * @see https://www.envoyproxy.io/docs/envoy/latest/configuration/overview/bootstrap
 * @example loadBootstrap({ path: 'bootstrap.yaml' })
 */
export function loadBootstrap(input: BootstrapInput): LoadedBootstrap {
  if (input.json !== undefined)
    return { message: bootstrapFromJson(input.json, 'bootstrap'), origin: 'bootstrap' }
  const file = input.path === undefined ? undefined : parseYaml(readText(input.path), input.path)
  const inline = input.yaml === undefined ? undefined : parseYaml(input.yaml, '--config-yaml')
  if (file === undefined && inline === undefined)
    throw new BattenError('PROXY_BOOTSTRAP_UNREADABLE', {
      message: 'no bootstrap was given',
      hint: 'pass a file with -c, or the text with --config-yaml',
    })
  const origin = input.path ?? '--config-yaml'
  const json = file === undefined ? inline : inline === undefined ? file : merge(file, inline)
  return { message: bootstrapFromJson(json, origin), origin }
}

/** The bootstrap in a JSON value, as `JSON.parse` or a YAML parser returns it. */
export function bootstrapFromJson(json: unknown, origin: string): Bootstrap {
  try {
    return messageFromJson('envoy.config.bootstrap.v3.Bootstrap', json)
  } catch (thrown) {
    const error = BattenError.from(thrown)
    throw new BattenError('PROXY_BOOTSTRAP_INVALID', {
      message: error.message,
      hint: error.hint,
      where: error.where === undefined || error.where === '' ? origin : `${origin}: ${error.where}`,
      cause: thrown,
    })
  }
}

function readText(path: string): string {
  try {
    const bytes = readFileSync(path)
    if (bytes.length > MAX_BYTES) throw new RangeError(`larger than ${MAX_BYTES} bytes`)
    return bytes.toString('utf8')
  } catch (thrown) {
    throw new BattenError('PROXY_BOOTSTRAP_UNREADABLE', {
      message: `cannot read the bootstrap: ${errorMessage(thrown)}`,
      where: path,
      cause: thrown,
    })
  }
}

/** As protobuf merges messages: objects field by field, lists one after the other, else the second wins. */
function merge(first: unknown, second: unknown): unknown {
  if (Array.isArray(first) && Array.isArray(second)) return [...first, ...second]
  if (!isObject(first) || !isObject(second)) return second
  const result: Record<string, unknown> = { ...first }
  for (const [key, value] of Object.entries(second)) {
    const value1 = Object.hasOwn(first, key) ? first[key] : undefined
    Object.defineProperty(result, key, {
      value: value1 === undefined ? value : merge(value1, value),
      enumerable: true,
      writable: true,
      configurable: true,
    })
  }
  return result
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
