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

/** Names of builders that the code uses. */
export class Imports {
  private readonly byModule = new Map<string, Set<string>>()

  /** Notes a name and gives it back. */
  use(name: string, from = '@batten/api'): string {
    const names = this.byModule.get(from) ?? new Set()
    names.add(name)
    this.byModule.set(from, names)
    return name
  }

  /** Keeps what was noted only when `make` gives something. */
  attempt<T>(make: (imports: Imports) => T | undefined): T | undefined {
    const trial = new Imports()
    const made = make(trial)
    if (made !== undefined)
      for (const [from, names] of trial.byModule) for (const name of names) this.use(name, from)
    return made
  }

  /** Every name that was noted. */
  names(): string[] {
    return [...this.byModule.values()].flatMap((names) => [...names])
  }

  /** Import statements. */
  lines(): string[] {
    return [...this.byModule]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([from, names]) => statement(from, names))
  }
}

function statement(from: string, names: ReadonlySet<string>): string {
  const bare = (name: string): string => name.replace('type ', '')
  const sorted = [...names].sort((a, b) => (bare(a) < bare(b) ? -1 : 1))
  const line = `import { ${sorted.join(', ')} } from '${from}'`
  if (line.length <= 100) return line
  return `import {\n${sorted.map((name) => `  ${name},\n`).join('')}} from '${from}'`
}
