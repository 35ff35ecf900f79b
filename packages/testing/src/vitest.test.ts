import './vitest.ts'
import { spawnSync } from 'node:child_process'
import { destinationRule, route, service, to, virtualService } from '@batten/api'
import { fromYaml } from '@batten/api/yaml'
import { describe, expect, it } from 'vitest'

const reviews = service({ name: 'reviews', namespace: 'shop', ports: [{ name: 'http', port: 80 }] })

const canary = virtualService({
  name: 'reviews',
  namespace: 'shop',
  hosts: ['reviews'],
  http: [route(to('reviews', { subset: 'v2' }))],
})

const subsets = destinationRule({
  name: 'reviews',
  namespace: 'shop',
  host: 'reviews',
  subsets: [{ name: 'v2', labels: { version: 'v2' } }],
})

/** What a failed assertion says, without the colours of Vitest. */
function failure(assertion: () => void): string {
  try {
    assertion()
  } catch (error) {
    return (error as Error).message
  }
  throw new Error('the assertion passed')
}

const MISSING_SUBSET = `expected no findings, got 1 finding:

Error [IST0101] VirtualService shop/reviews spec.http[0].route[0].destination.subset
  Referenced host+subset in destinationrule not found: "reviews+v2"
  hint: Create what is referenced, or correct its name and namespace.
`

describe('toHaveNoFindings', () => {
  it('names the code, the object, the field and what to do', () => {
    expect(failure(() => expect([reviews, canary]).toHaveNoFindings())).toBe(MISSING_SUBSET)
  })

  it('passes when what is referenced is there', () => {
    expect([reviews, canary, subsets]).toHaveNoFindings({ level: 'Warning', ignore: ['IST0173'] })
  })

  it('takes lists in lists, text, and what fromYaml returns', () => {
    const text = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [reviews, canary] })
    const file = 'mesh.json'
    expect(failure(() => expect([[reviews], [canary]]).toHaveNoFindings())).toBe(MISSING_SUBSET)
    expect(failure(() => expect(text).toHaveNoFindings())).toBe(MISSING_SUBSET)
    expect(failure(() => expect(fromYaml(text, { file })).toHaveNoFindings())).toContain(
      'VirtualService shop/reviews spec.http[0].route[0].destination.subset (mesh.json:1)\n',
    )
  })

  it('leaves out levels, codes and resources that do not count', () => {
    const objects = [reviews, canary]
    expect(objects).toHaveNoFindings({ ignore: ['IST01*'] })
    expect(objects).toHaveNoFindings({ suppress: ['IST0101=VirtualService shop/*'] })
    expect(objects).toHaveNoFindings({
      suppress: [{ code: 'IST0101', resource: 'VirtualService reviews.shop' }],
    })
    expect(objects).toHaveNoFindings({ namespaces: ['other'] })
    expect(objects).not.toHaveNoFindings({ level: 'Error', suppress: ['IST0101=VirtualService cart.shop'] })
    expect(failure(() => expect(objects).toHaveNoFindings({ suppress: ['IST0101'] }))).toBe(
      '"IST0101" is no suppression',
    )
  })

  it('says so when there should have been findings', () => {
    expect(failure(() => expect(reviews).not.toHaveNoFindings())).toBe(
      'expected findings, but there are none in 1 object',
    )
  })

  it('reports documents that cannot be read', () => {
    expect(failure(() => expect('a: [').toHaveNoFindings())).toContain('Error [IST0106]')
  })

  it('refuses what is no object', () => {
    const refused = (value: unknown): string => failure(() => expect(value).toHaveNoFindings())
    expect(refused(7)).toBe('toHaveNoFindings takes objects of Kubernetes, got a number')
    expect(refused([undefined])).toBe('toHaveNoFindings takes objects of Kubernetes, got undefined')
    expect(refused({})).toBe('toHaveNoFindings takes objects of Kubernetes, got an object without kind')
    expect(refused(Promise.resolve([]))).toBe('toHaveNoFindings takes objects of Kubernetes, got a promise')
  })

  it('works on what a promise resolves to', async () => {
    await expect(Promise.resolve([reviews, canary])).resolves.toHaveNoFindings({ ignore: ['IST0101'] })
  })
})

describe('toBeValid', () => {
  const wrong = { ...canary, spec: { ...canary.spec, htp: [] } }

  it('passes for what the API server accepts', () => {
    expect([reviews, canary, subsets]).toBeValid()
    expect(wrong).toBeValid({ fieldValidation: 'Ignore' })
  })

  it('names the object, the field and the rule', () => {
    expect(failure(() => expect([reviews, wrong]).toBeValid())).toBe(`expected valid objects, got 1 error:

[SCHEMA_UNKNOWN_FIELD] VirtualService shop/reviews spec.htp
  unknown field "spec.htp"
`)
    expect(failure(() => expect([reviews, canary]).not.toBeValid())).toBe(
      'expected something to be refused, but 2 objects would be accepted',
    )
  })
})

it('the rest of the package does not load Vitest', () => {
  const script = `
    import { registerHooks } from 'node:module'
    registerHooks({
      resolve(name, context, next) {
        if (name === 'vitest' || name.startsWith('vitest/')) throw new Error('loads ' + name)
        return next(name, context)
      },
    })
    await import(${JSON.stringify(new URL('./index.ts', import.meta.url).href)})
  `
  const flags = ['--conditions=@batten/source', '--input-type=module', '-e', script]
  const ran = spawnSync(process.execPath, flags, { encoding: 'utf8', timeout: 60_000 })
  expect(ran.stderr).toBe('')
  expect(ran.status).toBe(0)
})
