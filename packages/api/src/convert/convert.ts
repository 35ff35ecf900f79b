import { groupVersion, type KubernetesObject, kindInfo } from '../k8s.ts'
import { type Fields, isFields } from '../validate/check.ts'
import type { Finding } from '../validate/findings.ts'
import { fromYaml, type ParseOptions } from '../yaml/parse.ts'
import { builderOf } from './builder-of.ts'
import { type Code, literal, object, print } from './code.ts'
import { Imports, sameJson } from './expression.ts'
import { ConstantNames } from './names.ts'
import { routesCode } from './route-code.ts'

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
 * Printing what the module exports gives the same YAML again, comments and the order of keys aside; comments above an
 * object are kept above its constant.
 *
 * @example
 * writeFileSync('reviews.ts', toTypeScript(readFileSync('reviews.yaml', 'utf8')).code)
 */
export function toTypeScript(text: string, options: ParseOptions = {}): Conversion {
  const { objects, findings } = fromYaml(text, options)
  const imports = new Imports()
  const written = objects.map(({ object, comment }) => ({ object, comment, ...objectCode(object, imports) }))
  const names = new ConstantNames(imports.names().map((name) => name.replace('type ', '')))
  const constants = written.map(({ object, comment, code, type, suffix }) => {
    const name = names.give(object)
    const head = `export const ${name}${type === undefined ? '' : `: ${type}`} = `
    const doc = comment === undefined ? '' : `${comment.replace(/^/gm, '// ').replace(/ +$/gm, '')}\n`
    return { name, text: `${doc}${head}${print(code, 0, head.length)}${suffix}\n` }
  })
  const all = print({
    open: '[',
    items: constants.map(({ name }) => ({ before: '', code: name })),
    close: ']',
  })
  const lines = imports.lines()
  const parts = [
    ...(lines.length === 0 ? [] : [`${lines.join('\n')}\n`]),
    ...constants.map(({ text: constant }) => constant),
    `export default ${all}\n`,
  ]
  return { code: parts.join('\n'), findings }
}

interface ObjectCode {
  readonly code: Code
  /** Type that the constant is given. */
  readonly type: string | undefined
  readonly suffix: string
}

function objectCode(value: KubernetesObject, imports: Imports): ObjectCode {
  const built = imports.attempt((trial) => builderCode(value, trial))
  if (built !== undefined) return { code: built, type: undefined, suffix: '' }
  const info = kindInfo(value)
  const { version } = groupVersion(value.apiVersion)
  if (info?.versions.includes(version) === true && isFields(value.metadata)) {
    const from = info.origin === 'gateway-api' ? '@batten/api/gateway-api' : '@batten/api'
    imports.use(`type ${info.kind}`, from)
    return { code: literal(value), type: info.kind, suffix: '' }
  }
  if (!isFields(value.metadata)) return { code: literal(value), type: undefined, suffix: '' }
  imports.use('type KubernetesObject')
  return {
    code: literal(value),
    type: undefined,
    suffix: ' satisfies KubernetesObject & Record<string, unknown>',
  }
}

/** The call of a constructor; undefined when there is none that gives this very object. */
function builderCode(value: KubernetesObject, imports: Imports): Code | undefined {
  const { group } = groupVersion(value.apiVersion)
  const builder = builderOf(group, value.kind)
  const { apiVersion, kind: _kind, metadata, ...parts } = value as unknown as Fields & KubernetesObject
  if (builder === undefined || !isFields(metadata) || typeof metadata['name'] !== 'string') return undefined
  const { spec, ...others } = parts as Fields
  const options: Fields = { ...metadata, ...(isFields(spec) ? spec : {}), ...others }
  const built = builder.build(options as never)
  if (!sameJson({ ...built, apiVersion }, value)) return undefined
  const fields = Object.entries(options).map(([key, field]): [string, Code] => {
    const routes =
      builder.name === 'virtualService' && key === 'http' ? routesCode(field, imports) : undefined
    return [key, routes ?? literal(field)]
  })
  const code: Code = {
    open: `${imports.use(builder.name, builder.from)}(`,
    items: [{ before: '', code: object(fields) }],
    close: ')',
  }
  if (built.apiVersion === apiVersion) return code
  return object([
    ['', code],
    ['apiVersion', literal(apiVersion)],
  ])
}
