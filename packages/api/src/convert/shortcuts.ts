import { principal } from '../builders/authorization-policy.ts'
import { subset } from '../builders/destination-rule.ts'
import { httpServer, httpsServer } from '../builders/gateway.ts'
import { backend, onGateway, onService } from '../builders/gateway-api/references.ts'
import type { HTTPBackendRef } from '../gen/types/gateway-api/http-route.ts'
import type { ParentReference } from '../gen/types/gateway-api/references.ts'
import type { TrafficPolicy } from '../gen/types/networking/traffic-policy.ts'
import { type Fields, isFields } from '../validate/check.ts'
import { type Code, call, literal, quoted, type Shortcut } from './code.ts'
import type { CommentNode } from './comments.ts'
import { type Imports, sameJson } from './expression.ts'
import { destinationListCode, routeCode } from './route-code.ts'

/** Writes a value with a short builder; undefined where none gives this very value. */
type Short = (value: unknown, imports: Imports, comments: CommentNode) => Code | undefined

const PARENT_REFS = { 'parentRefs.*': parentCode }

/** Short builders for options of constructors, by the path of the value in the options. */
const SHORT: Readonly<Record<string, Readonly<Record<string, Short>>>> = {
  virtualService: {
    'http.*': routeCode,
    'tcp.*.route': whole(destinationListCode),
    'tls.*.route': whole(destinationListCode),
  },
  destinationRule: { 'subsets.*': whole(subsetCode) },
  gateway: { 'servers.*': whole(serverCode) },
  authorizationPolicy: {
    'rules.*.from.*.source.principals.*': principalCode,
    'rules.*.from.*.source.notPrincipals.*': principalCode,
  },
  httpRoute: { ...PARENT_REFS, 'rules.*.backendRefs.*': whole(backendCode) },
  grpcRoute: PARENT_REFS,
  tcpRoute: PARENT_REFS,
  tlsRoute: PARENT_REFS,
}

/** The short builders of a constructor's options. */
export function shortcutsOf(builder: string, imports: Imports): Shortcut {
  const table = Object.hasOwn(SHORT, builder) ? SHORT[builder]! : {}
  return (path, value, comments) => {
    const short = Object.hasOwn(table, path) ? table[path] : undefined
    return short && imports.attempt((trial) => short(value, trial, comments))
  }
}

/** A builder for values without comments in them, which it has no room for. */
function whole(short: Short): Short {
  return (value, imports, comments) =>
    comments.all().length > comments.above.length ? undefined : short(value, imports, comments)
}

function subsetCode(value: unknown, imports: Imports): Code | undefined {
  if (!isFields(value)) return undefined
  const { name, labels, trafficPolicy } = value
  if (typeof name !== 'string') return undefined
  if (sameJson(subset(name), value)) return call(imports.use('subset'), quoted(name))
  if (!isFields(labels)) return undefined
  const policy = trafficPolicy as TrafficPolicy | undefined
  if (!sameJson(subset(name, labels as Record<string, string>, policy), value)) return undefined
  const more = policy === undefined ? [] : [literal(policy)]
  return call(imports.use('subset'), quoted(name), literal(labels), ...more)
}

function serverCode(value: unknown, imports: Imports): Code | undefined {
  if (!isFields(value) || !isFields(value['port']) || !Array.isArray(value['hosts'])) return undefined
  const number = value['port']['number']
  const hosts: unknown[] = value['hosts']
  if (typeof number !== 'number' || !hosts.every((host) => typeof host === 'string')) return undefined
  const secret = isFields(value['tls']) ? value['tls']['credentialName'] : undefined
  const shown = hosts.map(quoted)
  if (sameJson(httpServer(number, ...hosts), value))
    return call(imports.use('httpServer'), String(number), ...shown)
  if (typeof secret === 'string' && sameJson(httpsServer(number, secret, ...hosts), value))
    return call(imports.use('httpsServer'), String(number), quoted(secret), ...shown)
  return undefined
}

function principalCode(value: unknown, imports: Imports): Code | undefined {
  if (typeof value !== 'string') return undefined
  const [, domain, namespace, account] = /^([^/]+)\/ns\/([^/*]+)\/sa\/([^/*]+)$/.exec(value) ?? []
  if (domain === undefined || namespace === undefined || account === undefined) return undefined
  const own = principal(namespace, account) === value ? [] : [quoted(domain)]
  return call(imports.use('principal'), quoted(namespace), quoted(account), ...own)
}

function parentCode(value: unknown, imports: Imports, comments: CommentNode): Code | undefined {
  if (!isFields(value) || typeof value['name'] !== 'string' || comments.all().length > 0) return undefined
  const from = '@batten/api/gateway-api'
  const { name, ...rest } = value as Fields & { name: string }
  const port = typeof rest['port'] === 'number' ? [rest['port']] : []
  if (sameJson(onService(name, ...port), value))
    return call(imports.use('onService', from), quoted(name), ...port.map(String))
  if (rest['kind'] !== undefined) return undefined
  const more = Object.keys(rest).length === 0 ? [] : [literal(rest)]
  if (!sameJson(onGateway(name, rest as Omit<ParentReference, 'name'>), value)) return undefined
  return call(imports.use('onGateway', from), quoted(name), ...more)
}

function backendCode(value: unknown, imports: Imports): Code | undefined {
  if (!isFields(value)) return undefined
  const { name, port, ...rest } = value
  if (typeof name !== 'string' || typeof port !== 'number') return undefined
  if (!sameJson(backend(name, port, rest as Omit<HTTPBackendRef, 'name' | 'port'>), value)) return undefined
  const more = Object.keys(rest).length === 0 ? [] : [literal(rest)]
  return call(imports.use('backend', '@batten/api/gateway-api'), quoted(name), String(port), ...more)
}
