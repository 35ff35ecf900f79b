import type { AuthorizationRule } from '../../../gen/types/security/authorization-policy.ts'
import type { Analyzer } from '../../analyzer.ts'
import type { AnalysisContext } from '../../context.ts'
import { HostIndex, splitScopedHost } from '../../index/host-name.ts'
import { SelectorIndex, selectorText } from '../../index/label-index.ts'
import {
  PeerAuthenticationIndex,
  type PeerAuthenticationResource,
} from '../../index/peer-authentication-index.ts'
import { definedStrings } from '../../index/service-index.ts'
import type { Workload } from '../../index/workload-index.ts'
import type { Loose } from '../../loose.ts'
import type { FieldPath } from '../../resource.ts'
import type { PolicyResource } from './workloads-and-namespaces.ts'

const METHODS = new Set(['CONNECT', 'DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT', 'TRACE'])

/** Fields of a source that compare the identity of the certificate. */
const IDENTITY_FIELDS = [
  'principals',
  'notPrincipals',
  'namespaces',
  'notNamespaces',
  'serviceAccounts',
  'notServiceAccounts',
] as const

/** Conditions of rules that can never hold. */
export const policyConditions: Analyzer = {
  name: 'auth.ConditionAnalyzer',
  description: 'Checks methods, hosts, identities and tokens that authorization policies compare with',
  codes: ['BAT0801', 'BAT0802', 'BAT0803', 'BAT0804', 'BAT0805'],
  analyze(context) {
    const registry = new Registry(context)
    for (const policy of context.all('security.istio.io/AuthorizationPolicy')) {
      for (const [i, rule] of (policy.spec.rules ?? []).entries()) {
        const path = ['spec', 'rules', i]
        checkOperations(policy, rule, path, registry, context)
        checkPrincipals(policy, rule, path, registry, context)
        checkIdentity(policy, rule, path, registry, context)
        checkTokens(policy, rule, path, registry, context)
      }
    }
  },
}

interface Unprotected {
  readonly workload: Workload
  readonly source: PeerAuthenticationResource
}

/** What rules are compared with; made once for all policies. */
class Registry {
  readonly peers: PeerAuthenticationIndex
  /** Service accounts by namespace: objects, and those that workloads run as. */
  readonly #accounts = new Map<string, Set<string>>()
  readonly #hosts = new HostIndex<true>()
  readonly #authentications = new SelectorIndex<true>()
  readonly #tokens = new Map<string, boolean>()
  readonly #unprotected = new Map<string, Unprotected | undefined>()
  readonly #context: AnalysisContext

  constructor(context: AnalysisContext) {
    this.#context = context
    this.peers = new PeerAuthenticationIndex(context)
    for (const { namespace, name } of context.all('/ServiceAccount')) this.#addAccount(namespace, name)
    for (const { namespace, spec } of context.workloads.all) {
      this.#addAccount(namespace, spec.serviceAccountName || spec.serviceAccount || 'default')
    }
    for (const { spec, namespace } of context.all('networking.istio.io/VirtualService'))
      for (const host of spec.hosts ?? []) this.#hosts.add(context.fullHost(host, namespace), true)
    for (const { spec } of context.all('networking.istio.io/Gateway'))
      for (const { hosts = [] } of spec.servers ?? [])
        for (const host of hosts) this.#hosts.add(splitScopedHost(host).host, true)
    for (const { spec, namespace } of context.all('security.istio.io/RequestAuthentication')) {
      const { selector, targetRef, targetRefs = [] } = spec
      // What a RequestAuthentication is attached to is not followed: it may apply to anything.
      const isAttached = targetRef !== undefined || targetRefs.length > 0
      this.#authentications.add(true, isAttached ? {} : definedStrings(selector?.matchLabels), namespace)
    }
  }

  #addAccount(namespace: string, name: string): void {
    const accounts = this.#accounts.get(namespace) ?? new Set()
    this.#accounts.set(namespace, accounts.add(name))
  }

  /** Undefined when nothing is known about the namespace. Kubernetes makes an account `default` in each. */
  hasAccount(namespace: string, name: string): boolean | undefined {
    return name === 'default' || this.#accounts.get(namespace)?.has(name)
  }

  hasHost(text: string): boolean {
    const host = text.replace(/:(\d+|\*)$/, '')
    // Suffixes and prefixes are patterns that need not be a name.
    if (host.includes('*')) return true
    return this.#context.services.overlapping(host).length > 0 || this.#hosts.covering(host).length > 0
  }

  /** Whether tokens are validated somewhere where a policy applies, or nothing is known about that. */
  mayHaveTokens(policy: PolicyResource): boolean {
    return this.#remembered(this.#tokens, policy, (workloads) => {
      const isAuthenticated = ({ labels, namespace }: Workload): boolean =>
        [namespace, this.#context.rootNamespace].some(
          (one) => this.#authentications.matching(labels, one).length > 0,
        )
      return workloads.length === 0 || workloads.some(isAuthenticated)
    })
  }

  /** A workload of a policy that has no mTLS, and the PeerAuthentication that says so. */
  withoutMtls(policy: PolicyResource): Unprotected | undefined {
    if (!this.peers.hasMode('DISABLE')) return undefined
    return this.#remembered(this.#unprotected, policy, (workloads) => {
      for (const workload of workloads) {
        const { mode, source } = this.peers.modeOf(workload)
        if (mode === 'DISABLE' && source !== undefined) return { workload, source }
      }
      return undefined
    })
  }

  /** What holds for the workloads of a selector is found out once for all policies that have it. */
  #remembered<T>(
    answers: Map<string, T>,
    { spec, namespace }: PolicyResource,
    find: (workloads: readonly Workload[]) => T,
  ): T {
    if (spec.targetRef !== undefined || (spec.targetRefs ?? []).length > 0) return find([])
    const selector = definedStrings(spec.selector?.matchLabels)
    const key = `${namespace} ${selectorText(selector)}`
    if (!answers.has(key)) answers.set(key, find(this.#context.selectedWorkloads(selector, namespace)))
    return answers.get(key) as T
  }
}

function checkOperations(
  policy: PolicyResource,
  { to = [] }: Loose<AuthorizationRule>,
  path: FieldPath,
  registry: Registry,
  context: AnalysisContext,
): void {
  for (const [i, { operation = {} }] of to.entries()) {
    const at = [...path, 'to', i, 'operation']
    for (const field of ['methods', 'notMethods'] as const) {
      for (const [n, method] of (operation[field] ?? []).entries()) {
        if (METHODS.has(method) || method.includes('*') || method.startsWith('/')) continue
        context.report(policy, 'BAT0801', [method], [...at, field, n])
      }
    }
    for (const field of ['hosts', 'notHosts'] as const) {
      for (const [n, host] of (operation[field] ?? []).entries()) {
        if (!registry.hasHost(host)) context.report(policy, 'BAT0802', [host], [...at, field, n])
      }
    }
  }
}

/** `cluster.local/ns/shop/sa/web`: only identities that are written in full can be looked up. */
const PRINCIPAL = /^[^*/]+\/ns\/([^*/]+)\/sa\/([^*/]+)$/

function checkPrincipals(
  policy: PolicyResource,
  { from = [] }: Loose<AuthorizationRule>,
  path: FieldPath,
  registry: Registry,
  context: AnalysisContext,
): void {
  for (const [i, { source = {} }] of from.entries()) {
    for (const field of ['principals', 'notPrincipals'] as const) {
      for (const [n, principal] of (source[field] ?? []).entries()) {
        const [, namespace, name] = PRINCIPAL.exec(principal) ?? []
        if (namespace === undefined || name === undefined) continue
        if (registry.hasAccount(namespace, name) !== false) continue
        context.report(policy, 'BAT0804', [principal], [...path, 'from', i, 'source', field, n])
      }
    }
  }
}

function checkIdentity(
  policy: PolicyResource,
  { from = [] }: Loose<AuthorizationRule>,
  path: FieldPath,
  registry: Registry,
  context: AnalysisContext,
): void {
  for (const [i, { source = {} }] of from.entries()) {
    const field = IDENTITY_FIELDS.find((one) => (source[one] ?? []).length > 0)
    if (field === undefined) continue
    const found = registry.withoutMtls(policy)
    if (found === undefined) return
    const name = `${found.workload.namespace}/${found.workload.name}`
    const at = [...path, 'from', i, 'source', field]
    context.report(policy, 'BAT0803', [field, found.source.fullName, name], at, { atKey: true })
    return
  }
}

function checkTokens(
  policy: PolicyResource,
  rule: Loose<AuthorizationRule>,
  path: FieldPath,
  registry: Registry,
  context: AnalysisContext,
): void {
  const found = tokenField(rule, path)
  if (found === undefined) return
  if (registry.mayHaveTokens(policy)) return
  context.report(policy, 'BAT0805', [found.field], found.path, { atKey: found.isKey })
}

function tokenField(
  { from = [], when = [] }: Loose<AuthorizationRule>,
  path: FieldPath,
): { field: string; path: FieldPath; isKey: boolean } | undefined {
  for (const [i, { source = {} }] of from.entries()) {
    for (const field of ['requestPrincipals', 'notRequestPrincipals'] as const) {
      if ((source[field] ?? []).length > 0)
        return { field, path: [...path, 'from', i, 'source', field], isKey: true }
    }
  }
  const index = when.findIndex(({ key = '' }) => key.startsWith('request.auth.'))
  if (index < 0) return undefined
  return { field: when[index]?.key ?? '', path: [...path, 'when', index, 'key'], isKey: false }
}
