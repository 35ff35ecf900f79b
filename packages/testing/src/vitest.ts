/**
 * Matchers for Vitest. Importing this file registers them; it needs `vitest`, which nothing else of this package does.
 *
 * @example
 * // vitest.config.ts: test: { setupFiles: ['@batten/testing/vitest'] }, or in a test:
 * import '@batten/testing/vitest'
 *
 * it('is sound', () => {
 *   expect(mesh).toBeValid()
 *   expect(mesh).toHaveNoFindings({ level: 'Warning', ignore: ['BAT0806'] })
 * })
 *
 * @packageDocumentation
 */
import { expect } from 'vitest'
import { toBeValid, type ValidOptions } from './matchers/to-be-valid.ts'
import { type NoFindingsOptions, toHaveNoFindings } from './matchers/to-have-no-findings.ts'

export type { MatcherSubject } from './matchers/subject.ts'
export { toBeValid, type ValidOptions } from './matchers/to-be-valid.ts'
export { type NoFindingsOptions, toHaveNoFindings } from './matchers/to-have-no-findings.ts'

/** The matchers that this package adds to `expect`. */
export interface BattenMatchers<R = unknown> {
  /**
   * Passes when the analysis finds nothing: no reference that leads nowhere, no contradiction, nothing without effect.
   * Takes objects, what `fromYaml` returns, YAML as text, or lists of these. Everything that is passed is seen together.
   *
   * @example
   * expect([...mesh, ...services]).toHaveNoFindings({ level: 'Warning', suppress: ['IST0118=Service db.shop'] })
   * @see https://istio.io/latest/docs/reference/config/analysis/
   */
  toHaveNoFindings(options?: NoFindingsOptions): R
  /**
   * Passes when the API server and Istio's webhook would accept every object: schema, CEL rules and webhook rules.
   *
   * @example
   * expect(virtualService({ name: 'cart', hosts: ['cart'], http: [route(to('cart'))] })).toBeValid()
   */
  toBeValid(options?: ValidOptions): R
}

declare module 'vitest' {
  // The type parameters must be those of Vitest.
  interface Matchers<R extends void | Promise<void> = void | Promise<void>, T = unknown>
    extends BattenMatchers<R> {}
}

expect.extend({ toHaveNoFindings, toBeValid })
