/** What the compiler says about the matchers. `npm run typecheck` reads this file; nothing runs it. */
import './vitest.ts'
import { type KubernetesObject, virtualService } from '@batten/api'
import { fromYaml } from '@batten/api/yaml'
import { expect, expectTypeOf } from 'vitest'

const object: KubernetesObject = virtualService({ name: 'a', hosts: ['a'] })

expectTypeOf(expect(object).toHaveNoFindings()).toEqualTypeOf<void>()
expectTypeOf(expect([object]).not.toHaveNoFindings({ level: 'Warning' })).toEqualTypeOf<void>()
expectTypeOf(expect(Promise.resolve(object)).resolves.toHaveNoFindings()).toEqualTypeOf<Promise<void>>()
expect(fromYaml('')).toHaveNoFindings({
  ignore: ['IST0102'],
  suppress: ['IST0101=*', { code: 'IST0102', resource: 'Namespace *' }],
  meshConfig: { rootNamespace: 'istio-config' },
})
expect(object).toBeValid()
expect(object).toBeValid({ fieldValidation: 'Warn' })
// @ts-expect-error not a level
expect(object).toHaveNoFindings({ level: 'warn' })
// @ts-expect-error a list of codes
expect(object).toHaveNoFindings({ ignore: 'IST0102' })
// @ts-expect-error no such option
expect(object).toHaveNoFindings({ codes: [] })
// @ts-expect-error not a layer
expect(object).toBeValid({ layers: ['webhook'] })
// @ts-expect-error the name is toHaveNoFindings
expect(object).toHaveNoFinding()
