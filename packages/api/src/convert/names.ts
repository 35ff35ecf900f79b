import type { KubernetesObject } from '../k8s.ts'

const RESERVED = new Set(
  (
    'abstract arguments as async await boolean break case catch class const continue debugger declare default ' +
    'delete do else enum eval export exports extends false finally for from function get globalThis if implements import in ' +
    'instanceof interface let new null number object of package private protected public require return set static ' +
    'string super switch symbol this throw true try type typeof undefined var void while with yield'
  ).split(' '),
)

/** Names of constants, each given once. */
export class ConstantNames {
  private readonly taken: Set<string>
  /** Numbers that were tried last, so that thousands of objects with the same name do not try all of them again. */
  private readonly numbers = new Map<string, number>()

  constructor(taken: Iterable<string>) {
    this.taken = new Set(taken)
  }

  /** A name for an object: its own, else with its kind, else with a number. */
  give(object: KubernetesObject): string {
    const own = camelCase(String(object.metadata?.name ?? '')) || camelCase(object.kind) || 'unnamed'
    const withKind = own + object.kind.replaceAll(/\W/g, '')
    let name = this.isFree(own) ? own : withKind
    if (!this.isFree(name)) {
      let n = this.numbers.get(withKind) ?? 1
      do name = `${withKind}${++n}`
      while (!this.isFree(name))
      this.numbers.set(withKind, n)
    }
    this.taken.add(name)
    return name
  }

  private isFree(name: string): boolean {
    return !this.taken.has(name) && !RESERVED.has(name)
  }
}

function camelCase(text: string): string {
  const words = text.split(/[^A-Za-z0-9]+/).filter((word) => word !== '')
  const joined = words
    .map((word, i) => (i === 0 ? word[0]!.toLowerCase() : word[0]!.toUpperCase()) + word.slice(1))
    .join('')
  return /^\d/.test(joined) ? `_${joined}` : joined
}
