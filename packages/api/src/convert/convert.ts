import { groupVersion, type KubernetesObject } from '../k8s.ts'
import type { Finding } from '../validate/findings.ts'
import { fromYaml, type ParseOptions } from '../yaml/parse.ts'
import { array, commentLines, commentsIn, print } from './code.ts'
import { type Comment, CommentNode, commentsOf } from './comments.ts'
import { Imports } from './expression.ts'
import { ConstantNames } from './names.ts'
import { objectCode } from './object-code.ts'

/** What {@link toTypeScript} made. */
export interface Conversion {
  /** A TypeScript module that exports each object, and all of them as its default. */
  readonly code: string
  /** What is wrong with documents that could not be read; they are not in the code. */
  readonly findings: readonly Finding[]
}

/**
 * Turns YAML into a TypeScript module that makes the same objects with the builders of this package.
 *
 * Printing what the module exports gives the same YAML again, comments and the order of keys aside; comments become
 * comments of the code. An object that does not have the shape of its kind is written without a type, and a comment
 * says why.
 *
 * @example
 * writeFileSync('reviews.ts', toTypeScript(readFileSync('reviews.yaml', 'utf8')).code)
 */
export function toTypeScript(text: string, options: ParseOptions = {}): Conversion {
  const { documents, findings } = fromYaml(text, options)
  const read = documents.filter((document) => document.findings.length === 0)
  // Comments are looked for in what the reader, with its limits, has taken.
  const comments = findings.length === 0 && read.length > 0 ? commentsOf(text) : undefined
  const found = read.flatMap(({ objects, range, value }) => {
    const root = comments?.of(range.line) ?? new CommentNode()
    const isList = objects[0]?.object !== value
    const nodes = objects.map((_, i) => (isList ? root.at('items', i) : root))
    // What stands at the end of a document comes after its constant.
    const after = root.end.splice(0)
    const ofItems = new Set(nodes.flatMap((node) => node.all()))
    const ofList = isList ? root.all().filter((comment) => !ofItems.has(comment)) : []
    return objects.map(({ object }, i) => ({
      object,
      node: nodes[i]!,
      after: i === objects.length - 1 ? after : [],
      list: i === 0 ? ofList : [],
    }))
  })
  const imports = new Imports(hasBothGateways(found.map(({ object }) => object)))
  const written = found.map(({ object, node, list, after }) => ({
    object,
    list,
    after,
    ...objectCode(object, imports, node),
    comments: node.all(),
  }))
  const names = new ConstantNames(imports.names())
  let header: readonly Comment[] = []
  const constants = written.map(
    ({ object, list, after, comments: own, code, type, suffix = '', note }, i) => {
      const name = names.give(object)
      const head = `export const ${name}${type === undefined ? '' : `: ${type}`} = `
      const inside = new Set(commentsIn(code))
      let above = [...list, ...own.filter((comment) => !inside.has(comment))]
      if (i === 0) [header, above] = withoutHeader(above)
      const why = note === undefined ? [] : [{ text: `Without a type. ${note}` }]
      const doc = commentLines(trimmed([...above, ...why]))
      return {
        name,
        text: `${doc}${head}${print(code, 0, head.length)}${suffix}\n${commentLines(trimmed(after))}`,
      }
    },
  )
  const list = array(constants.map(({ name }) => ({ before: '', code: name })))
  const all = print(list, 0, 'export default '.length)
  const lines = imports.lines()
  const parts = [
    commentLines(header),
    lines.length === 0 ? '' : `${lines.join('\n')}\n`,
    ...constants.map(({ text: constant }) => constant),
    `export default ${all}\n`,
    commentLines(trimmed(comments?.rest ?? [])),
  ]
  return { code: parts.filter((part) => part !== '').join('\n'), findings }
}

/** Comments at the top of a text that a blank line parts from the first object: they speak of the file. */
function withoutHeader(comments: readonly Comment[]): [Comment[], Comment[]] {
  const last = comments.findLastIndex(({ text }) => text === '')
  return [trimmed(comments.slice(0, last + 1)), comments.slice(last + 1)]
}

function trimmed(comments: readonly Comment[]): Comment[] {
  const first = comments.findIndex(({ text }) => text !== '')
  return first < 0 ? [] : comments.slice(first, comments.findLastIndex(({ text }) => text !== '') + 1)
}

function hasBothGateways(objects: readonly KubernetesObject[]): boolean {
  const groups = objects
    .filter(({ kind }) => kind === 'Gateway')
    .map(({ apiVersion }) => groupVersion(apiVersion).group)
  return groups.includes('networking.istio.io') && groups.includes('gateway.networking.k8s.io')
}
