import type {
  AuthorizationCondition,
  AuthorizationOperation,
  AuthorizationPolicySpec,
  AuthorizationRule,
  AuthorizationSource,
} from '../../gen/types/security/authorization-policy.ts'
import { parsePrefix } from '../../net/address.ts'
import { isAddress } from './addresses.ts'
import { checkAttachment } from './labels.ts'
import type { KindRules, Path, RuleReport } from './report.ts'

/** Rules of AuthorizationPolicy. */
export const authorizationPolicyRules: KindRules<AuthorizationPolicySpec> = (spec, _object, report) => {
  checkAttachment(spec, report)
  const { action = 'ALLOW', rules = [], provider } = spec
  if (action === 'CUSTOM') checkCustom(spec, report)
  else if (provider !== undefined) {
    report.error(
      ['spec', 'provider'],
      'RULE_AUTHORIZATION',
      `\`provider\` must not be with non CUSTOM action, found ${action}`,
    )
  }
  if (action === 'DENY' && rules.length === 0) {
    report.error(['spec', 'rules'], 'RULE_AUTHORIZATION', meaningless('DENY'))
  }
  for (const [i, rule] of rules.entries()) checkRule(rule, i, action === 'DENY', report)
}

function meaningless(action: string): string {
  return `${action} action without \`rules\` is meaningless as it will never be triggered, add an empty rule \`{}\` if you want it be triggered for every request`
}

const NOT_WITH_CUSTOM = {
  namespaces: 'From.Namespaces',
  notNamespaces: 'From.NotNamespaces',
  principals: 'From.Principals',
  notPrincipals: 'From.NotPrincipals',
  requestPrincipals: 'From.RequestPrincipals',
  notRequestPrincipals: 'From.NotRequestPrincipals',
  serviceAccounts: 'From.ServiceAccounts',
  notServiceAccounts: 'From.NotServiceAccounts',
} as const

function checkCustom({ rules = [], provider }: AuthorizationPolicySpec, report: RuleReport): void {
  if (rules.length === 0) report.error(['spec', 'rules'], 'RULE_AUTHORIZATION', meaningless('CUSTOM'))
  else if ((provider?.name ?? '') === '') {
    report.error(['spec', 'provider', 'name'], 'RULE_AUTHORIZATION', '`provider.name` must not be empty')
  }
  const refuse = (path: Path, what: string): void =>
    report.error(path, 'RULE_AUTHORIZATION', `${what} is currently not supported with CUSTOM action`)
  for (const [i, rule] of rules.entries()) {
    for (const [n, { source }] of (rule.from ?? []).entries()) {
      for (const [field, what] of Object.entries(NOT_WITH_CUSTOM)) {
        const values = source?.[field as keyof typeof NOT_WITH_CUSTOM] ?? []
        if (values.length > 0) refuse(['spec', 'rules', i, 'from', n, 'source', field], what)
      }
    }
    for (const [n, { key = '' }] of (rule.when ?? []).entries()) {
      if (
        key === 'source.namespace' ||
        key === 'source.principal' ||
        key === 'source.serviceAccount' ||
        key.startsWith('request.auth.')
      ) {
        refuse(['spec', 'rules', i, 'when', n, 'key'], key)
      }
    }
  }
}

const SOURCE_FIELDS = [
  'principals',
  'requestPrincipals',
  'namespaces',
  'ipBlocks',
  'remoteIpBlocks',
  'serviceAccounts',
  'trustDomains',
  'notPrincipals',
  'notRequestPrincipals',
  'notNamespaces',
  'notIpBlocks',
  'notRemoteIpBlocks',
  'notServiceAccounts',
  'notTrustDomains',
] as const

const OPERATION_FIELDS = [
  'ports',
  'methods',
  'paths',
  'hosts',
  'notPorts',
  'notMethods',
  'notPaths',
  'notHosts',
] as const

/** Fields that only HTTP has; the others can be told of a connection as well. */
const HTTP_SOURCE_FIELDS = ['requestPrincipals', 'notRequestPrincipals']

function checkRule(rule: AuthorizationRule, i: number, isDeny: boolean, report: RuleReport): void {
  const path = ['spec', 'rules', i]
  const { from = [], to = [], when = [] } = rule
  let fromTellsTcp = false
  for (const [n, { source }] of from.entries()) {
    const at = [...path, 'from', n, 'source']
    if (source === undefined)
      report.error(at, 'RULE_AUTHORIZATION', `\`from.source\` must not be nil, found at rule ${i}`)
    else {
      checkSource(source, i, at, report)
      fromTellsTcp ||= SOURCE_FIELDS.some(
        (field) => !HTTP_SOURCE_FIELDS.includes(field) && (source[field]?.length ?? 0) > 0,
      )
    }
  }
  let toTellsTcp = false
  for (const [n, { operation }] of to.entries()) {
    const at = [...path, 'to', n, 'operation']
    if (operation === undefined)
      report.error(at, 'RULE_AUTHORIZATION', `\`to.operation\` must not be nil, found at rule ${i}`)
    else {
      checkOperation(operation, i, at, report)
      toTellsTcp ||= (operation.ports?.length ?? 0) > 0 || (operation.notPorts?.length ?? 0) > 0
    }
  }
  for (const [n, condition] of when.entries()) checkCondition(condition, [...path, 'when', n], report)
  const hasFrom = from.some(({ source }) => source !== undefined)
  const hasTo = to.some(({ operation }) => operation !== undefined)
  if (isDeny && ((hasFrom && !hasTo && !fromTellsTcp) || (hasTo && !toTellsTcp))) {
    report.warning(
      path,
      'RULE_AUTHORIZATION',
      'configured AuthorizationPolicy will deny all traffic to TCP ports under its scope due to the use of only HTTP attributes in a DENY rule; it is recommended to explicitly specify the port',
    )
  }
}

function checkSource(source: AuthorizationSource, i: number, path: Path, report: RuleReport): void {
  if (SOURCE_FIELDS.every((field) => (source[field]?.length ?? 0) === 0)) {
    report.error(path, 'RULE_AUTHORIZATION', `\`from.source\` must not be empty, found at rule ${i}`)
  }
  for (const field of SOURCE_FIELDS) checkNotEmpty(source[field], [...path, field], report)
  for (const field of ['ipBlocks', 'notIpBlocks', 'remoteIpBlocks', 'notRemoteIpBlocks'] as const) {
    for (const [n, block] of (source[field] ?? []).entries()) {
      report.check([...path, field, n], 'RULE_ADDRESS', blockProblem(block))
    }
  }
  for (const field of ['serviceAccounts', 'notServiceAccounts'] as const) {
    for (const [n, account] of (source[field] ?? []).entries()) {
      if (account !== '')
        report.check([...path, field, n], 'RULE_AUTHORIZATION', accountProblem(account, capital(field)))
    }
  }
}

/** Characters of a path segment beside a template, as Envoy takes them. */
const SEGMENT = /^[a-zA-Z0-9\-._~%!$&'()+,;:@=]+$/

/**
 * What is wrong with a path. `{*}` stands for one segment and `{**}`, the last operator, for any number; braces have no
 * other meaning. Beside an operator the other segments must be plain.
 */
function pathProblem(text: string, field: string): string | undefined {
  const isTemplate = text.includes('{*}') || text.includes('{**}')
  const path = text.replace(/^\/+|\/+$/g, '')
  const invalid = (why: string): string => `invalid or unsupported path ${path}, found in ${field}. ${why}`
  let hasMany = false
  for (const segment of path.split('/')) {
    if (segment === '{*}' || segment === '{**}') {
      if (hasMany) return invalid('{**} is not the last operator')
      hasMany = segment === '{**}'
    } else if (/[{}]/.test(segment)) return invalid("Contains '{' or '}' beyond a supported path template")
    else if (isTemplate && !SEGMENT.test(segment))
      return invalid(`Contains segment ${segment} with invalid string literal`)
  }
  return undefined
}

/** What is wrong with a service account: `name` or `namespace/name`, no wildcards. */
function accountProblem(account: string, field: string): string | undefined {
  const format = "expected format 'serviceAccount' or 'namespace/serviceAccount'"
  if (account.includes('*')) return `wildcard not allowed, found in ${field}`
  const parts = account.split('/')
  const shown = JSON.stringify(account)
  if (parts.length > 2) return `${format}, found ${shown} in ${field}`
  if (new TextEncoder().encode(account).length > 320)
    return `value cannot exceed 320 characters, found ${shown} in ${field}`
  if (parts.length === 2 && parts[0] === '') return `${format}, found empty namespace ${shown} in ${field}`
  return parts[parts.length - 1] === ''
    ? `${format}, found empty serviceAccount ${shown} in ${field}`
    : undefined
}

function checkOperation(operation: AuthorizationOperation, i: number, path: Path, report: RuleReport): void {
  if (OPERATION_FIELDS.every((field) => (operation[field]?.length ?? 0) === 0)) {
    report.error(path, 'RULE_AUTHORIZATION', `\`to.operation\` must not be empty, found at rule ${i}`)
  }
  for (const field of OPERATION_FIELDS) checkNotEmpty(operation[field], [...path, field], report)
  for (const field of ['ports', 'notPorts'] as const) {
    for (const [n, port] of (operation[field] ?? []).entries()) {
      report.check([...path, field, n], 'RULE_PORT', portTextProblem(port))
    }
  }
  for (const field of ['paths', 'notPaths'] as const) {
    for (const [n, text] of (operation[field] ?? []).entries()) {
      report.check([...path, field, n], 'RULE_AUTHORIZATION', pathProblem(text, capital(field)))
    }
  }
}

function checkNotEmpty(values: readonly string[] | undefined, path: Path, report: RuleReport): void {
  const i = (values ?? []).indexOf('')
  if (i >= 0) {
    report.error(
      [...path, i],
      'RULE_AUTHORIZATION',
      `empty value not allowed, found in ${capital(String(path[path.length - 1]))}`,
    )
  }
}

function capital(text: string): string {
  return text[0]!.toUpperCase() + text.slice(1)
}

function blockProblem(text: string): string | undefined {
  if (text === '') return undefined
  if (text.includes('/')) return parsePrefix(text) === undefined ? `bad CIDR range (${text})` : undefined
  return isAddress(text) ? undefined : `bad IP address (${text})`
}

function portTextProblem(text: string): string | undefined {
  if (text === '') return undefined
  return /^\d+$/.test(text) && Number(text) <= 65535 ? undefined : `bad port (${text})`
}

function checkCondition(
  { key = '', values = [], notValues = [] }: AuthorizationCondition,
  path: Path,
  report: RuleReport,
): void {
  if (key === '') {
    report.error([...path, 'key'], 'RULE_AUTHORIZATION', '`key` must not be empty')
    return
  }
  if (values.length === 0 && notValues.length === 0) {
    report.error(
      path,
      'RULE_AUTHORIZATION',
      `at least one of \`values\` or \`notValues\` must be set for key ${key}`,
    )
    return
  }
  const keyProblem = attributeProblem(key)
  if (keyProblem !== undefined) {
    report.error(
      [...path, 'key'],
      'RULE_AUTHORIZATION',
      `invalid \`value\` for \`key\` ${key}: ${keyProblem}`,
    )
    return
  }
  for (const [field, list] of [
    ['values', values],
    ['notValues', notValues],
  ] as const) {
    const what = field === 'values' ? 'value' : 'notValue'
    if (key === 'source.serviceAccount' && list.length > 16) {
      report.error(
        [...path, field],
        'RULE_AUTHORIZATION',
        `invalid \`${what}\` for \`key\` ${key}: may not have more than 16 values`,
      )
    }
    for (const [i, text] of list.entries()) {
      const problem = text === '' ? `empty value not allowed, found in ${key}` : valueProblem(key, text)
      if (problem !== undefined) {
        report.error(
          [...path, field, i],
          'RULE_AUTHORIZATION',
          `invalid \`${what}\` for \`key\` ${key}: ${problem}`,
        )
      }
    }
  }
}

const PLAIN_KEYS = [
  'source.ip',
  'remote.ip',
  'source.namespace',
  'source.principal',
  'source.serviceAccount',
  'source.trustDomain',
  'request.auth.principal',
  'request.auth.audiences',
  'request.auth.presenter',
  'destination.ip',
  'destination.port',
  'connection.sni',
]

const BRACKET_KEYS = [
  'request.headers',
  'request.experimental.inline.headers',
  'request.auth.claims',
  'experimental.envoy.filters.',
]

function attributeProblem(key: string): string | undefined {
  if (PLAIN_KEYS.includes(key)) return undefined
  if (BRACKET_KEYS.some((prefix) => key.startsWith(prefix))) {
    const open = key.indexOf('[')
    return key.endsWith(']') && open > 0 && open < key.length - 2
      ? undefined
      : `bad key (${key}): should have format a[b]`
  }
  if (key === 'destination.namespace') return `attribute ${key} is replaced by the metadata.namespace`
  if (key.startsWith('destination.labels')) return `attribute ${key} is replaced by the workload selector`
  if (key === 'destination.name' || key === 'destination.user')
    return `deprecated attribute ${key}: only supported in v1alpha1`
  return `unknown attribute: ${key}`
}

function valueProblem(key: string, text: string): string | undefined {
  if (key === 'source.ip' || key === 'remote.ip' || key === 'destination.ip') return blockProblem(text)
  if (key === 'source.serviceAccount') return accountProblem(text, key)
  return key === 'destination.port' ? portTextProblem(text) : undefined
}
