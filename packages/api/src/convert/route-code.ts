import { split, to } from '../builders/destinations.ts'
import {
  authority,
  caller,
  exact,
  header,
  method,
  port,
  prefix,
  query,
  type RequestCondition,
  regex,
  scheme,
  via,
} from '../builders/match.ts'
import { delegate, type RouteBuilder, redirect, respond, route } from '../builders/route.ts'
import type { HTTPRouteDestination } from '../gen/types/networking/virtual-service.ts'
import { type Fields, isFields } from '../validate/check.ts'
import { array, type Call, type Code, call, type Field, literal, object, quoted } from './code.ts'
import { CommentNode } from './comments.ts'
import { type Expression, type Imports, sameJson } from './expression.ts'
import { stepsOf } from './route-steps.ts'

/** An HTTP route as the short builders write it; undefined where they cannot say it. */
export function routeCode(value: unknown, imports: Imports, comments: CommentNode): Code | undefined {
  if (!isFields(value)) return undefined
  const { name, match: matches, ...others } = value
  const start = firstStep(others, imports)
  if (start === undefined) return undefined
  const calls: Call[] = []
  let built: RouteBuilder = start.expression.value
  const step = (code: Code, next: RouteBuilder, about: CommentNode): void => {
    calls.push({ code, above: about.all() })
    built = next
  }
  if (typeof name === 'string') step(call('named', quoted(name)), built.named(name), comments.at('name'))
  if (Array.isArray(matches)) {
    for (const [i, one] of matches.entries()) {
      const conditions = conditionsOf(one, imports)
      if (conditions === undefined || conditions.length === 0) return undefined
      const [first, ...more] = conditions.map((condition) => condition.value)
      const code = call('when', ...conditions.map((condition) => condition.code))
      step(code, built.when(first!, ...more), comments.at('match', i))
    }
  }
  const steps = stepsOf(start.rest)
  const said = new Set(steps.flatMap(({ keys }) => keys))
  for (const { keys, code, add } of steps) {
    calls.push({ code, above: keys.flatMap((key) => comments.at(key).all()) })
    built = add(built)
  }
  const rest = Object.entries(start.rest).filter(([key]) => !said.has(key))
  if (rest.length > 0) {
    const fields = rest.map(([key, field]): Field => {
      const node = comments.at(key)
      return { key, code: literal(field, node), above: node.above }
    })
    step(call('with', object(fields)), built.with(Object.fromEntries(rest)), new CommentNode())
  }
  if (!sameJson(built.build(), value)) return undefined
  return calls.length === 0 ? start.expression.code : { head: start.expression.code, calls }
}

/** What the route does, and the fields that this does not say. */
function firstStep(
  fields: Fields,
  imports: Imports,
): { expression: Expression<RouteBuilder>; rest: Fields } | undefined {
  const { route: destinations, redirect: redirected, directResponse, delegate: delegated, ...rest } = fields
  const given = [destinations, redirected, directResponse, delegated].filter((one) => one !== undefined)
  if (given.length !== 1) return undefined
  if (Array.isArray(destinations)) {
    const made = destinationsCode(destinations, imports)
    if (made === undefined) return undefined
    const code = call(imports.use('route'), ...made.map((one) => one.code))
    return { expression: { code, value: route(...made.map((one) => one.value)) }, rest }
  }
  if (isFields(redirected)) {
    return {
      expression: { code: call(imports.use('redirect'), literal(redirected)), value: redirect(redirected) },
      rest,
    }
  }
  if (isFields(directResponse) && typeof directResponse['status'] === 'number') {
    const { status, body } = directResponse
    const text = isFields(body) && typeof body['string'] === 'string' ? body['string'] : undefined
    const code = call(imports.use('respond'), String(status), ...(text === undefined ? [] : [quoted(text)]))
    return { expression: { code, value: respond(status as number, text) }, rest }
  }
  if (isFields(delegated) && typeof delegated['name'] === 'string') {
    const { name, namespace } = delegated
    const inNamespace = typeof namespace === 'string' ? [namespace] : []
    const code = call(imports.use('delegate'), quoted(name as string), ...inNamespace.map(quoted))
    return { expression: { code, value: delegate(name as string, ...inNamespace) }, rest }
  }
  return undefined
}

/** A list of destinations with `to`; of TCP and TLS routes, which have no headers. */
export function destinationListCode(value: unknown, imports: Imports): Code | undefined {
  if (!Array.isArray(value) || value.length === 0) return undefined
  const made = destinationsCode(value, imports)
  if (made === undefined) return undefined
  const [first] = made
  // What `split` gives is a list already.
  if (Array.isArray(first?.value)) return first.code
  return array(made.map(({ code }) => ({ before: '', code })))
}

type DestinationsExpression = Expression<HTTPRouteDestination | HTTPRouteDestination[]>

function destinationsCode(items: readonly unknown[], imports: Imports): DestinationsExpression[] | undefined {
  const asSplit = imports.attempt((trial) => splitCode(items, trial))
  if (asSplit !== undefined) return [asSplit]
  const made = items.map((item) => destinationCode(item, imports))
  return made.every((one) => one !== undefined) ? made : undefined
}

/** All destinations as one `to(host, split({ … }))`, where their shares sum to 100. */
function splitCode(items: readonly unknown[], imports: Imports): DestinationsExpression | undefined {
  const shares: Record<string, number> = {}
  const hosts = new Set<unknown>()
  const ports = new Set<unknown>()
  for (const item of items) {
    if (!isFields(item) || !isFields(item['destination']) || typeof item['weight'] !== 'number')
      return undefined
    const { host, subset, port: at } = item['destination']
    if (typeof subset !== 'string') return undefined
    shares[subset] = item['weight']
    hosts.add(host)
    ports.add(isFields(at) ? at['number'] : at)
  }
  const [host] = hosts
  const [number] = ports
  const sum = Object.values(shares).reduce((total, share) => total + share, 0)
  if (items.length < 2 || hosts.size !== 1 || ports.size !== 1 || sum !== 100 || typeof host !== 'string')
    return undefined
  if (Object.values(shares).some((share) => !Number.isInteger(share) || share < 0)) return undefined
  const options = typeof number === 'number' ? { port: number } : undefined
  const value = options === undefined ? to(host, split(shares)) : to(host, split(shares), options)
  if (!sameJson(value, items)) return undefined
  const more = options === undefined ? [] : [literal(options)]
  return {
    code: call(imports.use('to'), quoted(host), call(imports.use('split'), literal(shares)), ...more),
    value,
  }
}

function destinationCode(item: unknown, imports: Imports): DestinationsExpression | undefined {
  if (!isFields(item) || !isFields(item['destination'])) return undefined
  const { host, subset, port: at } = item['destination']
  const { weight, headers } = item
  if (typeof host !== 'string') return undefined
  const number = isFields(at) ? at['number'] : undefined
  const options = Object.fromEntries(
    Object.entries({ subset, port: number, weight, headers }).filter(([, value]) => value !== undefined),
  )
  const value = to(host, options)
  if (!sameJson(value, item)) return undefined
  const more = Object.keys(options).length === 0 ? [] : [literal(options)]
  return { code: call(imports.use('to'), quoted(host), ...more), value }
}

function conditionsOf(value: unknown, imports: Imports): Expression<RequestCondition>[] | undefined {
  if (!isFields(value)) return undefined
  const out: Expression<RequestCondition>[] = []
  const rest: Fields = {}
  for (const [key, field] of Object.entries(value)) {
    const found = conditionOf(key, field, imports)
    if (found === undefined) rest[key] = field
    else out.push(...found)
  }
  if (Object.keys(rest).length > 0) {
    out.push({ code: literal(rest), value: rest as RequestCondition })
  }
  return out
}

function conditionOf(
  key: string,
  field: unknown,
  imports: Imports,
): Expression<RequestCondition>[] | undefined {
  if (key === 'uri') {
    const made = comparison(field, (name) => imports.use(name))
    return made === undefined ? undefined : [made]
  }
  if (key === 'headers' || key === 'queryParams') {
    return eachOf(field, (name, value) => {
      const builder = key === 'headers' ? 'header' : 'query'
      if (builder === 'header' && isFields(value) && Object.keys(value).length === 0) {
        const head = call(imports.use('header'), quoted(name))
        return { code: { head, calls: [{ code: call('present') }] }, value: header(name).present() }
      }
      return compared(builder, value, imports, name)
    })
  }
  if (key === 'withoutHeaders') {
    return eachOf(field, (name, value) => {
      if (!isFields(value)) return undefined
      const head = call(imports.use('header'), quoted(name))
      if (Object.keys(value).length === 0)
        return { code: { head, calls: [{ code: call('absent') }] }, value: header(name).absent() }
      const made = comparison(value, (how) => imports.use(how))
      if (made === undefined) return undefined
      const code = { head, calls: [{ code: call('not', made.code) }] }
      return { code, value: header(name).not(made.value) }
    })
  }
  if (key === 'authority' || key === 'scheme') {
    const made = compared(key, field, imports)
    return made === undefined ? undefined : [made]
  }
  if (key === 'method' && isFields(field) && typeof field['exact'] === 'string') {
    return [{ code: call(imports.use('method'), quoted(field['exact'])), value: method(field['exact']) }]
  }
  if (key === 'sourceLabels' && isFields(field) && Object.keys(field).length > 0) {
    const value = caller(field as Record<string, string>)
    return [{ code: call(imports.use('caller'), literal(field)), value }]
  }
  if (key === 'gateways' && Array.isArray(field) && field.every((one) => typeof one === 'string')) {
    return [{ code: call(imports.use('via'), ...field.map(quoted)), value: via(...field) }]
  }
  if (key === 'port' && typeof field === 'number')
    return [{ code: call(imports.use('port'), String(field)), value: port(field) }]
  return undefined
}

/** A condition for each entry of a map; undefined when one cannot be said. */
function eachOf(
  field: unknown,
  make: (name: string, value: unknown) => Expression<RequestCondition> | undefined,
): Expression<RequestCondition>[] | undefined {
  if (!isFields(field)) return undefined
  const made = Object.entries(field).map(([name, value]) => make(name, value))
  return made.length > 0 && made.every((one) => one !== undefined) ? made : undefined
}

/** `header('a').exact('b')` and its like. */
function compared(
  builder: 'header' | 'query' | 'authority' | 'scheme',
  value: unknown,
  imports: Imports,
  ...names: readonly string[]
): Expression<RequestCondition> | undefined {
  const made = comparison(value, (how) => how)
  if (made === undefined) return undefined
  const [how, text] = Object.entries(made.value)[0] as ['exact' | 'prefix' | 'regex', string]
  const head = call(imports.use(builder), ...names.map(quoted))
  const [first = ''] = names
  const start = { authority, scheme, query: () => query(first), header: () => header(first) }[builder]()
  return { code: { head, calls: [{ code: call(how, quoted(text)) }] }, value: start[how](text) }
}

const COMPARISONS = { exact, prefix, regex }

/** `exact('a')` and its like. */
function comparison(
  value: unknown,
  name: (how: 'exact' | 'prefix' | 'regex') => string,
): Expression<{ exact: string } | { prefix: string } | { regex: string }> | undefined {
  if (!isFields(value)) return undefined
  const [entry, ...others] = Object.entries(value)
  if (entry === undefined || others.length > 0 || typeof entry[1] !== 'string') return undefined
  const [how, text] = entry
  if (how !== 'exact' && how !== 'prefix' && how !== 'regex') return undefined
  return { code: call(name(how), quoted(text)), value: COMPARISONS[how](text) }
}
