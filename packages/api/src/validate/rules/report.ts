import type { Code } from '../../errors.ts'
import type { PathSegment } from '../check.ts'
import type { RawFinding } from '../findings.ts'

/** Path of a field of the object that is checked. */
export type Path = readonly PathSegment[]

/** Collects what the rules of one object find. */
export class RuleReport {
  readonly findings: RawFinding[] = []

  /** Istio's webhook refuses the object for this. */
  error(path: Path, code: Code, message: string, hint?: string): void {
    this.add('error', path, code, message, hint)
  }

  /** The webhook accepts the object and warns. */
  warning(path: Path, code: Code, message: string, hint?: string): void {
    this.add('warning', path, code, message, hint)
  }

  /** Reports an error where `problem` is one. */
  check(path: Path, code: Code, problem: string | undefined, hint?: string): void {
    if (problem !== undefined) this.error(path, code, problem, hint)
  }

  private add(
    severity: 'error' | 'warning',
    path: Path,
    code: Code,
    message: string,
    hint: string | undefined,
  ): void {
    this.findings.push({
      code,
      severity,
      layer: 'rules',
      path,
      message,
      ...(hint === undefined ? {} : { hint }),
    })
  }
}

/** The rules of one kind. `T` is the spec, without nulls; an object without a spec has an empty one. */
export type KindRules<T> = (spec: T, object: RuledObject, report: RuleReport) => void

/** What the rules need of the object beside its spec. */
export interface RuledObject {
  readonly name: string
  readonly namespace: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
}
