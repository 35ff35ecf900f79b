/**
 * Names as Istio checks them. Its labels may be in upper case, other than those of Kubernetes.
 */

const LABEL = /^[a-zA-Z0-9](?:[-a-zA-Z0-9]*[a-zA-Z0-9])?$/
const WILDCARD_LABEL = /^(\*|(\*|\*-)?[a-zA-Z0-9](?:[-a-zA-Z0-9]*[a-zA-Z0-9])?)$/
const MAX_LABEL = 63
const MAX_DOMAIN = 255

/** Whether a text is one DNS label. */
export function isDnsLabel(text: string): boolean {
  return text.length <= MAX_LABEL && LABEL.test(text)
}

/** Whether a text is a DNS label, `*`, or a label after `*`. */
function isWildcardLabel(text: string): boolean {
  return text.length <= MAX_LABEL && WILDCARD_LABEL.test(text)
}

function lengthProblem(name: string): string | undefined {
  if (name.length > MAX_DOMAIN) return `domain name ${JSON.stringify(name)} too long (max ${MAX_DOMAIN})`
  return name === '' ? 'empty domain name not allowed' : undefined
}

function labelsProblem(domain: string): string | undefined {
  const labels = domain.split('.')
  const top = labels[labels.length - 1]!
  if (isNumber(top)) {
    return `domain name ${JSON.stringify(domain)} invalid (top level domain ${JSON.stringify(top)} cannot be all-numeric)`
  }
  for (const [i, label] of labels.entries()) {
    // `istio.io.` is the same name without a search list.
    if (i === labels.length - 1 && label === '') return undefined
    if (!isDnsLabel(label))
      return `domain name ${JSON.stringify(domain)} invalid (label ${JSON.stringify(label)} invalid)`
  }
  return undefined
}

/** What is wrong with a full name; undefined when it is one. */
export function fqdnProblem(name: string): string | undefined {
  return lengthProblem(name) ?? labelsProblem(name)
}

/** As {@link fqdnProblem}, with a wildcard allowed in the first label. */
export function wildcardDomainProblem(domain: string): string | undefined {
  const length = lengthProblem(domain)
  if (length !== undefined) return length
  const dot = domain.indexOf('.')
  const first = dot < 0 ? domain : domain.slice(0, dot)
  if (!isWildcardLabel(first))
    return `domain name ${JSON.stringify(domain)} invalid (label ${JSON.stringify(first)} invalid)`
  return dot < 0 ? undefined : labelsProblem(domain.slice(dot + 1))
}

/** Whether Go takes a text for a number of 64 bits. */
function isNumber(text: string): boolean {
  if (!/^[+-]?\d+$/.test(text)) return false
  const value = BigInt(text.replace(/^\+/, ''))
  return value >= -(1n << 63n) && value < 1n << 63n
}

/** As {@link wildcardDomainProblem}; a VirtualService of a gateway with SNI routes may also name an east-west cluster. */
export function gatewayDomainProblem(domain: string, hasSni: boolean): string | undefined {
  if (hasSni && domain.startsWith('outbound_')) return lengthProblem(domain) ?? eastWestProblem(domain)
  return wildcardDomainProblem(domain)
}

/** Names of clusters behind east-west gateways: `outbound_.80_.v1_.host`. */
function eastWestProblem(domain: string): string | undefined {
  const parts = domain.split('_')
  const [, port = '', , host = ''] = parts
  const wrong =
    parts.length < 4 ? domain : !/[0-9]/.test(port) ? port : !/[a-zA-Z]/.test(host) ? host : undefined
  return wrong === undefined
    ? undefined
    : `domain name ${JSON.stringify(domain)} invalid (label ${JSON.stringify(wrong)} invalid). should follow outbound_.<port>_.<subset>_.<host> format`
}

/** A wildcard may only stand alone in the first label: `*.example.com`, not `*ample.com`. */
export function partialWildcardProblem(host: string): string | undefined {
  if (host.includes('*') && host.length !== 1 && !host.startsWith('*.')) {
    return `partial wildcard ${JSON.stringify(host)} not allowed`
  }
  return undefined
}

/** Whether two host names, each with a wildcard or without, have a name in common. */
export function hostsOverlap(a: string, b: string): boolean {
  if (a.startsWith('*')) {
    if (!b.startsWith('*')) return b.endsWith(a.slice(1))
    return a.length < b.length ? b.slice(1).endsWith(a.slice(1)) : a.slice(1).endsWith(b.slice(1))
  }
  return b.startsWith('*') ? a.endsWith(b.slice(1)) : a === b
}

/** Whether every name that `inner` stands for is one of `outer`. */
export function hostIsWithin(inner: string, outer: string): boolean {
  if (inner.startsWith('*')) {
    return outer.startsWith('*') && inner.length >= outer.length && inner.slice(1).endsWith(outer.slice(1))
  }
  return outer.startsWith('*') ? inner.endsWith(outer.slice(1)) : inner === outer
}
