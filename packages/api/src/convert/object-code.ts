import { groupVersion, type KindInfo, type KubernetesObject, kindInfo } from '../k8s.ts'
import { type Fields, isFields } from '../validate/check.ts'
import { type BuilderOption, builderOf, optionsOf } from './builder-of.ts'
import { type Code, call, type Field, literal, object } from './code.ts'
import type { Comment, CommentNode } from './comments.ts'
import { type Imports, sameJson } from './expression.ts'
import { misfit } from './misfit.ts'
import { shortcutsOf } from './shortcuts.ts'

/** The code of an object, and what stands around it. */
export interface ObjectCode {
  readonly code: Code
  /** Type that the constant is given. */
  readonly type?: string
  /** Text after the expression. */
  readonly suffix?: string
  /** Why the object has not the type of its kind. */
  readonly note?: string
}

/** The call of a constructor; where there is none that gives this very object, the object itself. */
export function objectCode(value: KubernetesObject, imports: Imports, comments: CommentNode): ObjectCode {
  const info = kindInfo(value)
  const served = info?.versions.includes(groupVersion(value.apiVersion).version) === true
  if (info !== undefined && served && isFields(value.metadata)) {
    const wrong = misfit(value, info)
    if (wrong !== undefined) return { ...untyped(value, imports, comments), note: wrong }
    const built = imports.attempt((trial) => builderCode(value, info, trial, comments))
    if (built !== undefined) return { code: built }
    const from = info.origin === 'gateway-api' ? '@batten/api/gateway-api' : '@batten/api'
    return { code: literal(value, comments), type: imports.useType(info.kind, from) }
  }
  return untyped(value, imports, comments)
}

function untyped(value: KubernetesObject, imports: Imports, comments: CommentNode): ObjectCode {
  const code = literal(value, comments)
  // Metadata are of one shape in every kind; those of a Namespace stand for them.
  const asNamespace = { apiVersion: 'v1', kind: 'Namespace', metadata: value.metadata }
  if (!isFields(value.metadata) || misfit(asNamespace, kindInfo(asNamespace)!) !== undefined) return { code }
  return { code, suffix: ` satisfies ${imports.useType('KubernetesObject')} & Record<string, unknown>` }
}

/** The call of a constructor; undefined when there is none that gives this very object. */
function builderCode(
  value: KubernetesObject,
  info: KindInfo,
  imports: Imports,
  comments: CommentNode,
): Code | undefined {
  const builder = builderOf(info.group, info.kind)
  if (builder === undefined || typeof value.metadata.name !== 'string') return undefined
  // What belongs to the cluster has no namespace to give.
  if (info.scope === 'Cluster' && value.metadata.namespace !== undefined) return undefined
  const options = optionsOf(value)
  if (options === undefined || new Set(options.map(({ key }) => key)).size < options.length) return undefined
  const given: Fields = Object.fromEntries(options.map(({ key, value: field }) => [key, field]))
  const built = builder.build(given as never)
  const version: BuilderOption[] =
    built.apiVersion === value.apiVersion
      ? []
      : [{ key: 'apiVersion', value: value.apiVersion, path: ['apiVersion'] }]
  if (!sameJson({ ...built, apiVersion: value.apiVersion }, value)) return undefined
  const shortcut = shortcutsOf(builder.name, imports)
  const fields = [...version, ...options].map(({ key, value: field, path }): Field => {
    const node = comments.at(...path)
    return { key, code: literal(field, node, shortcut, key), above: node.above }
  })
  const end: Comment[] = [...comments.at('spec').end, ...comments.end]
  return call(imports.use(builder.name, builder.from), object(fields, end))
}
