import type { Scalar } from 'yaml'
import { binaryText } from './binary.ts'
import { fitsTag, floatKey, plainKey, plainScalar } from './scalar.ts'

/** A scalar that is not what its tag says. */
export class ScalarMistake extends Error {
  readonly node: Scalar

  constructor(message: string, node: Scalar) {
    super(message)
    this.node = node
  }
}

const PREFIX = 'tag:yaml.org,2002:'

/** The value of a scalar of any style and with any tag. A tag that YAML does not define makes it text. */
export function scalarValue(node: Scalar): unknown {
  const source = String(node.value ?? '')
  const tag = node.tag
  if (tag === undefined) return node.type === 'PLAIN' ? plainScalar(source) : source
  switch (checkedTag(node, tag, source)) {
    case 'int':
    case 'float':
    case 'bool':
    case 'null':
      return plainScalar(source)
    case 'binary':
      return binaryText(source) ?? mistake('!!binary needs base64 with padding', node)
    default:
      return source
  }
}

/** A scalar as the key of a map; undefined if it is null or too large a number, which no key may be. */
export function keyText(node: Scalar): string | undefined {
  const source = String(node.value ?? '')
  const tag = node.tag
  if (tag === undefined) return node.type === 'PLAIN' ? plainKey(source) : source
  switch (checkedTag(node, tag, source)) {
    case 'int':
    case 'bool':
    case 'null':
      return plainKey(source)
    case 'float':
      return floatKey(Number(plainScalar(source)))
    default:
      return String(scalarValue(node))
  }
}

/** Whether a scalar is the key that merges maps into the one that it stands in. */
export function isMerge(node: Scalar): boolean {
  if (node.value !== '<<') return false
  return node.tag === undefined ? node.type === 'PLAIN' : node.tag === '!' || node.tag === `${PREFIX}merge`
}

/** The short name of a tag of YAML that the scalar fits. */
function checkedTag(node: Scalar, tag: string, source: string): string {
  if (!tag.startsWith(PREFIX)) return ''
  const name = tag.slice(PREFIX.length)
  const isChecked = ['int', 'float', 'bool', 'null', 'timestamp'].includes(name)
  if (isChecked && !fitsTag(name, source)) {
    const shown = source.length > 40 ? `${source.slice(0, 40)}...` : source
    return mistake(`cannot read ${JSON.stringify(shown)} as !!${name}`, node)
  }
  return name
}

function mistake(message: string, node: Scalar): never {
  throw new ScalarMistake(message, node)
}
