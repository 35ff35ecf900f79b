import type { ValueSchema } from '../cel/value.ts'
import type { KubernetesObject } from '../k8s.ts'
import { celIssues } from '../validate/cel.ts'
import { type Fields, type Issue, isFields } from '../validate/check.ts'
import { findingOf, pathText } from '../validate/findings.ts'
import { isUnchanged } from '../validate/ratchet.ts'
import type { RuleNode } from '../validate/rule-node.ts'
import { applyDefaults, prune } from './prune.ts'
import type { CrdVersion, CustomResourceDefinition, JsonSchemaProps } from './schema.ts'
import { rulesOf, structuralIssues } from './structural.ts'

/** What is done with an object. */
export interface JudgeOptions {
  /** `status` looks at the status only; the others drop it when the CRD has a status subresource. @defaultValue `create` */
  readonly operation?: 'create' | 'update' | 'status'
  /** What the object was before. */
  readonly old?: KubernetesObject
}

/** What the API server says about an object. */
export interface Judgement {
  /** The object as it would be stored: pruned, with defaults. */
  readonly object: KubernetesObject
  /** Paths of fields that were pruned. A client that validates strictly reports them as errors. */
  readonly unknownFields: readonly string[]
  /** Reasons to refuse the object, in the words of the API server. */
  readonly errors: readonly {
    readonly path: string
    readonly message: string
    readonly kind: Issue['kind']
  }[]
}

/**
 * Judges objects by a CRD as the API server does: pruning, defaulting, schema, CEL rules with transition rules. Metadata
 * is not looked at: it is the same for every kind.
 *
 * @example
 * const judge = createJudge(crd)
 * judge('v1', object).errors
 */
export function createJudge(
  crd: CustomResourceDefinition,
): (version: string, object: KubernetesObject, options?: JudgeOptions) => Judgement {
  const versions = new Map(crd.spec.versions.map((version) => [version.name, prepare(version)]))
  return (version, object, options = {}) => {
    const prepared = versions.get(version)
    if (prepared === undefined || !prepared.served) {
      const message = `no matches for kind "${object.kind}" in version "${object.apiVersion}"`
      return { object, unknownFields: [], errors: [{ path: '', message, kind: 'unknown' }] }
    }
    return judge(prepared, object, options)
  }
}

interface Prepared {
  readonly schema: JsonSchemaProps
  readonly rules: RuleNode | undefined
  readonly hasStatus: boolean
  readonly served: boolean
}

function prepare(version: CrdVersion): Prepared {
  const declared = version.schema?.openAPIV3Schema ?? {
    type: 'object',
    'x-kubernetes-preserve-unknown-fields': true,
  }
  // What every object has is known, whether the CRD lists it or not.
  const schema: JsonSchemaProps = {
    ...declared,
    properties: {
      ...declared.properties,
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      metadata: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    },
  }
  const hasStatus = version.subresources?.status !== undefined
  return { schema, rules: rulesOf(declared), hasStatus, served: version.served }
}

function judge(
  { schema, rules, hasStatus }: Prepared,
  object: KubernetesObject,
  options: JudgeOptions,
): Judgement {
  const { value, unknown } = prune(object, schema)
  let fields = value as Fields
  if (hasStatus && options.operation !== 'status') {
    const { status: _, ...rest } = fields
    const status = (options.old as Fields | undefined)?.['status']
    fields = status === undefined ? rest : { ...rest, status }
  }
  const stored = applyDefaults(fields, schema) as Fields
  const before = isFields(options.old) ? (applyDefaults(options.old, schema) as Fields) : undefined
  const issues = withoutKept(structuralIssues(stored, schema, []), stored, before, schema, rules)
  if (rules !== undefined && !issues.some(blocksRules)) {
    issues.push(
      ...celIssues(stored, rules, [], {
        old: before,
        schema: schema as ValueSchema,
      }),
    )
  }
  return {
    object: stored as unknown as KubernetesObject,
    unknownFields: unknown.map(pathText),
    errors: issues.map((issue) => {
      const { message, path } = findingOf(issue)
      return { path: pathText(path), message, kind: issue.kind }
    }),
  }
}

/** Without what an update keeps from before. Repetitions in a list count only if there were none before. */
function withoutKept(
  issues: Issue[],
  now: Fields,
  old: Fields | undefined,
  schema: JsonSchemaProps,
  rules: RuleNode | undefined,
): Issue[] {
  if (old === undefined) return issues
  const had = structuralIssues(old, schema, []).some(({ kind }) => kind === 'duplicate')
  return issues.filter(({ kind, path }) =>
    kind === 'duplicate' ? !had : !isUnchanged(path, now, old, rules),
  )
}

/** After these the API server does not look at rules. */
function blocksRules({ kind }: Issue): boolean {
  return ['required', 'type', 'enum', 'maxLength', 'maxItems', 'maxProperties'].includes(kind)
}
