import { readFileSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { SteadyLoad } from '@batten/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BookinfoProject } from './support/project.ts'

const RATE = 500

let project: BookinfoProject

beforeAll(async () => {
  // Every certificate lives 8 s here and is replaced after 4.
  process.env['SECRET_TTL'] = '8s'
  project = await BookinfoProject.start()
})
afterAll(() => project?.close())

const url = () => `${project.url}/api/v1/products/0/reviews`
const adminOf = (pod: string) =>
  `http://127.0.0.1:${project.mesh.plan.pods.find((p) => p.name === pod)!.adminPort}`

/** Steady load while something happens; nothing may fail. */
async function nothingIsLost(during: () => Promise<void>): Promise<void> {
  const load = new SteadyLoad({ url: url(), rate: RATE })
  await sleep(300)
  await during()
  await sleep(300)
  const { failures, sent } = await load.stop()
  expect(failures).toEqual([])
  expect(sent).toBeGreaterThan(100)
}

/** What a sidecar listens on, looked at again and again until it is told to end. */
async function listenersUntilDrained(adminPort: number): Promise<string[]> {
  const seen = new Set<string>()
  const get = (page: string) => fetch(`http://127.0.0.1:${adminPort}${page}`)
  for (;;) {
    const text = await (await get('/listeners')).text()
    if (!(await get('/ready')).ok) return [...seen]
    seen.add(text)
    await sleep(20)
  }
}

describe('under 500 requests a second nothing is lost', () => {
  it('through 50 changes of the configuration', async () => {
    const text = readFileSync(project.path('mesh/reviews.yaml'), 'utf8')
    await nothingIsLost(async () => {
      for (let i = 1; i <= 50; i++)
        await project.write(
          'mesh/reviews.yaml',
          text
            .replaceAll(/weight: 50/g, () => `weight: ${(i % 2) * 40 + 30}`)
            .replace(
              'weight: 70\n        - destination: { host: reviews, subset: v3 }\n          weight: 70',
              'weight: 60',
            ),
        )
    })
  })

  it('through 20 new versions of a filter', async () => {
    const source = project.path('filters/served-by.ts')
    const text = readFileSync(source, 'utf8')
    const served = async () => (await fetch(`${project.url}/productpage`)).headers.get('x-build')
    await nothingIsLost(async () => {
      for (let i = 1; i <= 20; i++) {
        writeFileSync(
          source,
          text.replace('responses.increment()', `responses.increment()\n    headers.set('x-build', '${i}')`),
        )
        for (let waited = 0; (await served()) !== String(i); waited++) {
          if (waited > 200)
            throw new Error(`build ${i} did not arrive: ${project.notices.slice(-3).join('; ')}`)
          await sleep(50)
        }
      }
    })
    const stats = await (await fetch(`${adminOf('productpage-v1')}/stats/prometheus`)).text()
    expect(stats).toMatch(/served_by_responses\S* [1-9]/)
  })

  it('through a kill -9 of the control plane and its restart', async () => {
    await nothingIsLost(async () => {
      process.kill(project.mesh.processes.get('control plane')!, 'SIGKILL')
      await sleep(1000)
      await project.mesh.synced()
    })
    expect(project.notices.join('\n')).toContain('control plane ended (signal SIGKILL)')
  })

  it('while the control plane hangs; a proxy that starts then says what it waits for', async () => {
    const controlPlane = project.mesh.processes.get('control plane')!
    const ready = () =>
      fetch(`${adminOf('ratings-v1')}/ready`).then(
        async (r) => `${r.status} ${await r.text()}`,
        () => '',
      )
    await nothingIsLost(async () => {
      process.kill(controlPlane, 'SIGSTOP')
      try {
        process.kill(project.mesh.processes.get('sidecar ratings-v1')!, 'SIGKILL')
        for (
          let waited = 0;
          !/^503 [\s\S]*(xds-grpc|certificate|management server)/.test(await ready());
          waited += 50
        ) {
          if (waited > 10_000) throw new Error(`the proxy says: ${await ready()}`)
          await sleep(50)
        }
      } finally {
        process.kill(controlPlane, 'SIGCONT')
      }
      for (let waited = 0; !(await ready()).startsWith('200'); waited += 100) {
        if (waited > 30_000) throw new Error(`the proxy says: ${await ready()}`)
        await sleep(100)
      }
    })
  })

  it('through a rotation of every certificate', async () => {
    const serials = () =>
      Promise.all(
        [...project.mesh.plan.pods.map((pod) => pod.adminPort), project.mesh.plan.gateway.adminPort].map(
          async (port) => {
            const { certificates } = (await (await fetch(`http://127.0.0.1:${port}/certs`)).json()) as {
              certificates: { cert_chain: { serial_number: string }[] }[]
            }
            return certificates.flatMap(({ cert_chain: chain }) => chain)[0]!.serial_number
          },
        ),
      )
    await nothingIsLost(async () => {
      const before = await serials()
      for (let waited = 0; ; waited += 200) {
        const now = await serials()
        if (now.every((serial, i) => serial !== before[i])) break
        if (waited > 15_000) throw new Error('not every certificate was replaced')
        await sleep(200)
      }
    })
  })

  it('while a changed Deployment is rolled out', async () => {
    const file = 'mesh/bookinfo.yaml'
    const text = readFileSync(project.path(file), 'utf8')
    const before = project.mesh.processes.get('productpage-v1')
    const pod = project.mesh.plan.pods.find(({ name }) => name === 'productpage-v1')!
    const seen = listenersUntilDrained(pod.adminPort)
    await nothingIsLost(async () => {
      await project.write(file, text.replaceAll('SERVICE_VERSION, value: v1', 'SERVICE_VERSION, value: v1.1'))
    })
    // Others go on sending to it until they have heard of the change: nothing of it may go before they have.
    const listeners = await seen
    expect(listeners.length).toBeGreaterThan(0)
    for (const page of listeners)
      for (const port of [pod.ports[0]!.inboundPort, pod.httpProxyPort])
        expect(page).toContain(`127.0.0.1:${port}`)
    const names = [...project.mesh.processes.keys()]
    expect(before).toBeDefined()
    expect(names).not.toContain('productpage-v1')
    expect(names.filter((name) => /^productpage-v1-\w{5}$/.test(name)).length).toBe(1)
    await nothingIsLost(() => project.write(file, text))
  })

  it('through the drain of a sidecar', async () => {
    const text = readFileSync(project.path('mesh/reviews.yaml'), 'utf8')
    // Every version takes part, so that there is somebody else to ask.
    await project.write('mesh/reviews.yaml', text.slice(0, text.lastIndexOf('---')))
    await nothingIsLost(async () => {
      await fetch(`${adminOf('reviews-v2')}/drain_listeners?graceful`, { method: 'POST' })
      await sleep(1500)
    })
  })
})
