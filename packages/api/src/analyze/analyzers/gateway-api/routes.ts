import type { BackendRef, ParentReference } from '../../../gen/types/gateway-api/references.ts'
import type { Analyzer } from '../../analyzer.ts'
import type { AnalysisContext } from '../../context.ts'
import { type Loose, listAt, valueAt } from '../../loose.ts'
import type { FieldPath, Resource } from '../../resource.ts'

const GROUP = 'gateway.networking.k8s.io'
const ROUTES = ['HTTPRoute', 'GRPCRoute', 'TCPRoute', 'TLSRoute'] as const

/** Kinds that a route can be attached to, or send requests to. Others are left to those who serve them. */
const KNOWN = new Set([`${GROUP}/Gateway`, '/Service', 'networking.istio.io/ServiceEntry'])

/**
 * What a route is attached to, and what it sends requests to, must exist and be allowed. Nothing is said of what is
 * missing in a namespace of which no object of that kind is known: most often only the routes are among the files.
 */
export const routeReferences: Analyzer = {
  name: 'k8sgateway.RouteAnalyzer',
  description: 'Checks the parents and backends of routes of Kubernetes gateways',
  codes: ['BAT1002', 'BAT1003', 'BAT1004'],
  analyze(context) {
    const grants = grantsOf(context)
    for (const kind of ROUTES) {
      for (const route of context.all(`${GROUP}/${kind}`)) {
        for (const [i, parent] of (route.spec.parentRefs ?? []).entries()) {
          checkParent(route, parent, ['spec', 'parentRefs', i], context)
        }
        for (const { backend, path } of backendsOf(route)) checkBackend(route, backend, path, grants, context)
      }
    }
  },
}

function checkParent(
  route: Resource,
  parent: Loose<ParentReference>,
  path: FieldPath,
  context: AnalysisContext,
): void {
  const { group = GROUP, kind = 'Gateway', name = '', namespace = route.namespace, sectionName } = parent
  const type = `${group}/${kind}`
  if (!KNOWN.has(type)) return
  const found = context.find(type, namespace, name) as Resource | undefined
  const shown = `${kind} ${namespace}/${name}`
  if (found === undefined) {
    if (context.hasAny(type, namespace)) context.report(route, 'BAT1002', [shown], [...path, 'name'])
  } else if (kind === 'Gateway' && sectionName !== undefined) {
    const isThere = listAt(found.fields, 'spec', 'listeners').some(
      (one) => valueAt(one, 'name') === sectionName,
    )
    if (!isThere)
      context.report(route, 'BAT1002', [`listener ${sectionName} of ${shown}`], [...path, 'sectionName'])
  }
}

function checkBackend(
  route: Resource,
  backend: Loose<BackendRef>,
  path: FieldPath,
  grants: ReadonlySet<string>,
  context: AnalysisContext,
): void {
  const { group = '', kind = 'Service', name = '', namespace = route.namespace, port } = backend
  const type = `${group}/${kind}`
  const shown = `${kind} ${namespace}/${name}`
  if (namespace !== route.namespace) {
    const from = `${GROUP}/${route.kind} ${route.namespace}`
    const isGranted = [name, ''].some((one) => grants.has(`${from} ${type} ${namespace}/${one}`))
    if (!isGranted) context.report(route, 'BAT1004', [shown], [...path, 'namespace'])
  }
  if (type !== '/Service') return
  const service = context.find('/Service', namespace, name)
  if (service === undefined) {
    if (context.hasAny(type, namespace)) context.report(route, 'BAT1003', [shown], [...path, 'name'])
  } else if (port !== undefined && !(service.spec.ports ?? []).some((one) => one.port === port)) {
    context.report(route, 'BAT1003', [`port ${port} of ${shown}`], [...path, 'port'])
  }
}

/** Backends of all rules, and of mirrors. */
function backendsOf(route: Resource): { backend: Loose<BackendRef>; path: FieldPath }[] {
  const out: { backend: Loose<BackendRef>; path: FieldPath }[] = []
  for (const [i, rule] of listAt(route.fields, 'spec', 'rules').entries()) {
    const path = ['spec', 'rules', i]
    for (const [n, backend] of listAt(rule, 'backendRefs').entries()) {
      out.push({ backend: backend as Loose<BackendRef>, path: [...path, 'backendRefs', n] })
    }
    for (const [n, filter] of listAt(rule, 'filters').entries()) {
      const backend = valueAt(filter, 'requestMirror', 'backendRef')
      if (backend === undefined) continue
      const at = [...path, 'filters', n, 'requestMirror', 'backendRef']
      out.push({ backend: backend as Loose<BackendRef>, path: at })
    }
  }
  return out
}

/** What is granted: `group/kind namespace` of who refers, `group/kind namespace/name` of what to. */
function grantsOf(context: AnalysisContext): Set<string> {
  const out = new Set<string>()
  for (const { spec, namespace } of context.all(`${GROUP}/ReferenceGrant`)) {
    for (const from of spec.from ?? []) {
      for (const to of spec.to ?? []) {
        const who = `${from.group ?? ''}/${from.kind ?? ''} ${from.namespace ?? ''}`
        out.add(`${who} ${to.group ?? ''}/${to.kind ?? ''} ${namespace}/${to.name ?? ''}`)
      }
    }
  }
  return out
}
