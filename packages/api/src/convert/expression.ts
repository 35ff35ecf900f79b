import type { Code } from './code.ts'

/** Code together with what it gives, so that nothing is written that gives something else. */
export interface Expression<T> {
  readonly code: Code
  readonly value: T
}

/** Whether two JSON values are equal, the order of keys aside. */
export function sameJson(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a) !== Array.isArray(b)) return false
  const keys = Object.keys(a)
  return (
    keys.length === Object.keys(b).length &&
    keys.every(
      (key) =>
        Object.hasOwn(b, key) &&
        sameJson((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]),
    )
  )
}

const GATEWAY_API = '@batten/api/gateway-api'

/** Names that the code imports. */
export class Imports {
  private readonly byModule = new Map<string, Set<string>>()
  private readonly bothGateways: boolean

  /** `bothGateways`: the text has Gateways of Istio and of the Gateway API, whose names are the same. */
  constructor(bothGateways = false) {
    this.bothGateways = bothGateways
  }

  /** Notes a name and gives it back as the code must write it. */
  use(name: string, from = '@batten/api'): string {
    return this.note(from, name)
  }

  /** Notes a type and gives it back as the code must write it. */
  useType(name: string, from = '@batten/api'): string {
    return this.note(from, name, 'type ')
  }

  private note(from: string, name: string, mark = ''): string {
    const other = from === GATEWAY_API && this.bothGateways ? OTHER_NAMES[name] : undefined
    const names = this.byModule.get(from) ?? new Set()
    names.add(`${mark}${name}${other === undefined ? '' : ` as ${other}`}`)
    this.byModule.set(from, names)
    return other ?? name
  }

  /** Keeps what was noted only when `make` gives something. */
  attempt<T>(make: (imports: Imports) => T | undefined): T | undefined {
    const trial = new Imports(this.bothGateways)
    const made = make(trial)
    if (made === undefined) return undefined
    for (const [from, names] of trial.byModule)
      this.byModule.set(from, new Set([...(this.byModule.get(from) ?? []), ...names]))
    return made
  }

  /** Every name as the code writes it. */
  names(): string[] {
    return [...this.byModule.values()].flatMap((names) => [...names].map((name) => name.split(' ').at(-1)!))
  }

  /** Import statements, in the order in which formatters sort them. */
  lines(): string[] {
    return [...this.byModule]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([from, names]) => statement(from, names))
  }
}

/** Names for what the Gateway API shares with Istio, where both are used. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  gateway: 'gatewayApiGateway',
  Gateway: 'GatewayApiGateway',
}

function statement(from: string, names: ReadonlySet<string>): string {
  const bare = (name: string): string => name.replace('type ', '')
  const sorted = [...names].sort((a, b) => (sortKey(bare(a)) < sortKey(bare(b)) ? -1 : 1))
  const typesOnly = sorted.every((name) => name.startsWith('type '))
  const keyword = typesOnly ? 'import type' : 'import'
  const shown = typesOnly ? sorted.map(bare) : sorted
  const line = `${keyword} { ${shown.join(', ')} } from '${from}'`
  if (line.length <= 100) return line
  return `${keyword} {\n${shown.map((name) => `  ${name},\n`).join('')}} from '${from}'`
}

/** Letters in the order A a B b. */
function sortKey(name: string): string {
  return name.replaceAll(/[A-Za-z]/g, (char) => `${char.toLowerCase()}${char < 'a' ? 0 : 1}`)
}
