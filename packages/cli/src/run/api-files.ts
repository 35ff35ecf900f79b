import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { KindInfo } from '@batten/api'

/** The CRD of a kind, as YAML. */
export function crdText(info: KindInfo): string {
  return readFile(`crds/${info.group}_${info.plural}.yaml`)
}

/** The JSON Schema of a kind, as text. */
export function jsonSchemaText(info: KindInfo): string {
  return readFile(`json-schema/${info.group === '' ? 'core' : info.group}_${info.plural}.json`)
}

function readFile(path: string): string {
  return readFileSync(fileURLToPath(import.meta.resolve(`@batten/api/${path}`)), 'utf8')
}
