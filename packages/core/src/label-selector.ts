import { BattenError } from './errors.ts'

/** Labels of a Kubernetes object. */
export type LabelSet = Readonly<Record<string, string>>

/** Kubernetes' `LabelSelector`, as JSON. */
export interface LabelSelectorSpec {
  readonly matchLabels?: LabelSet | undefined
  readonly matchExpressions?:
    | readonly {
        readonly key: string
        /** `In`, `NotIn`, `Exists`, `DoesNotExist` */
        readonly operator: string
        readonly values?: readonly string[] | undefined
      }[]
    | undefined
}

interface Requirement {
  readonly key: string
  readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist'
  readonly values: ReadonlySet<string>
}

/**
 * A compiled label selector. All requirements have to hold; an empty selector selects everything.
 *
 * @see https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors
 * @example
 * LabelSelector.parse('app=reviews,version in (v1,v2),!canary').matches({ app: 'reviews', version: 'v1' }) // true
 */
export class LabelSelector {
  readonly #requirements: readonly Requirement[]

  private constructor(requirements: readonly Requirement[]) {
    this.#requirements = requirements
  }

  /** @throws BattenError `LABEL_SELECTOR_INVALID` for an unknown operator or missing values */
  static from(spec: LabelSelectorSpec): LabelSelector {
    const requirements: Requirement[] = Object.entries(spec.matchLabels ?? {}).map(([key, value]) => ({
      key,
      operator: 'In',
      values: new Set([value]),
    }))
    for (const { key, operator, values = [] } of spec.matchExpressions ?? [])
      requirements.push(requirement(key, operator, values, `matchExpressions ${key}`))
    return new LabelSelector(requirements)
  }

  /**
   * The text form of the Kubernetes API: `a=b,c==d,e!=f,g in (x,y),h notin (z),i,!j`.
   *
   * @throws BattenError `LABEL_SELECTOR_INVALID`
   */
  static parse(text: string): LabelSelector {
    const requirements: Requirement[] = []
    const part =
      /\s*(?:(!)\s*([^\s=!,()]+)|([^\s=!,()]+)\s*(?:(==?|!=)\s*([^\s=!,()]*)|(in|notin)\s*\(([^()]*)\))?)\s*(,|$)/y
    let more = text.trim() !== ''
    while (more) {
      const match = part.exec(text)
      if (match === null) throw invalid(text, 'is no label selector')
      const [, not, absent, key, comparison, value, membership, list, separator] = match
      if (not !== undefined) requirements.push(requirement(absent!, 'DoesNotExist', [], text))
      else if (comparison !== undefined)
        requirements.push(requirement(key!, comparison === '!=' ? 'NotIn' : 'In', [value!], text))
      else if (membership !== undefined) {
        const values = list!.split(',').map((item) => item.trim())
        requirements.push(requirement(key!, membership === 'in' ? 'In' : 'NotIn', values, text))
      } else requirements.push(requirement(key!, 'Exists', [], text))
      more = separator === ','
    }
    return new LabelSelector(requirements)
  }

  get isEmpty(): boolean {
    return this.#requirements.length === 0
  }

  matches(labels: LabelSet): boolean {
    for (const { key, operator, values } of this.#requirements) {
      const value = Object.hasOwn(labels, key) ? labels[key] : undefined
      switch (operator) {
        case 'In':
          if (value === undefined || !values.has(value)) return false
          break
        case 'NotIn':
          // An object without the label is not in the set.
          if (value !== undefined && values.has(value)) return false
          break
        case 'Exists':
          if (value === undefined) return false
          break
        case 'DoesNotExist':
          if (value !== undefined) return false
          break
      }
    }
    return true
  }

  /** The text form. */
  toString(): string {
    return this.#requirements
      .map(({ key, operator, values }) => {
        if (operator === 'Exists') return key
        if (operator === 'DoesNotExist') return `!${key}`
        if (values.size === 1) return `${key}${operator === 'In' ? '=' : '!='}${[...values][0]}`
        return `${key} ${operator === 'In' ? 'in' : 'notin'} (${[...values].sort().join(',')})`
      })
      .join(',')
  }
}

/** Whether `labels` has every label of `selector`: what most Istio selectors are (`matchLabels` only). */
export function hasLabels(labels: LabelSet, selector: LabelSet): boolean {
  for (const key in selector) if (!Object.hasOwn(labels, key) || labels[key] !== selector[key]) return false
  return true
}

function requirement(key: string, operator: string, values: readonly string[], where: string): Requirement {
  switch (operator) {
    case 'In':
    case 'NotIn':
      if (values.length === 0) throw invalid(where, `needs values for ${operator}`)
      return { key, operator, values: new Set(values) }
    case 'Exists':
    case 'DoesNotExist':
      if (values.length > 0) throw invalid(where, `takes no values for ${operator}`)
      return { key, operator, values: new Set() }
    default:
      throw invalid(where, `has the unknown operator "${operator}"`)
  }
}

function invalid(text: string, reason: string): BattenError {
  return new BattenError('LABEL_SELECTOR_INVALID', {
    message: `"${text.length > 120 ? `${text.slice(0, 120)}...` : text}" ${reason}`,
    hint: 'operators are In, NotIn, Exists and DoesNotExist; as text: a=b,c!=d,e in (x,y),f,!g',
  })
}
