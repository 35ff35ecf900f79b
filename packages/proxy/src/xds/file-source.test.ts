import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { endpoints, httpListener, routesTo } from '../../test/support/mesh-resources.ts'
import { send, UpstreamServer } from '../../test/support/upstream-server.ts'
import { createProxy } from '../server/proxy-server.ts'

const cleanups: (() => unknown)[] = []

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

const TYPE = 'type.googleapis.com/envoy.config.'

describe('resources from files', () => {
  it('are used, follow their files when these are replaced or rewritten, and survive bad ones', async () => {
    const upstream = await new UpstreamServer('a').start()
    const folder = mkdtempSync(join(tmpdir(), 'batten-files-'))
    mkdirSync(join(folder, 'next'))
    cleanups.push(
      () => rmSync(folder, { recursive: true }),
      () => upstream.close(),
    )
    const path = (name: string) => join(folder, `${name}.yaml`)
    const source = (name: string) => ({
      path_config_source: { path: path(name) },
      resource_api_version: 'V3',
    })
    const write = (name: string, resources: object[]) =>
      writeFileSync(path(name), JSON.stringify({ version_info: '1', resources }))
    write('clusters', [
      {
        '@type': `${TYPE}cluster.v3.Cluster`,
        name: 'a',
        type: 'EDS',
        eds_cluster_config: { eds_config: source('endpoints') },
      },
    ])
    write('endpoints', [
      { '@type': `${TYPE}endpoint.v3.ClusterLoadAssignment`, ...endpoints('a', [upstream.port]) },
    ])
    write('listeners', [
      {
        '@type': `${TYPE}listener.v3.Listener`,
        ...httpListener('l', '', { rds: { route_config_name: 'r', config_source: source('routes') } }),
      },
    ])
    const routes = (prefix: string) => [
      { '@type': `${TYPE}route.v3.RouteConfiguration`, ...routesTo('r', { [prefix]: 'a' }) },
    ]
    write('routes', routes('/one'))
    const proxy = createProxy({
      bootstrap: {
        json: { dynamic_resources: { cds_config: source('clusters'), lds_config: source('listeners') } },
      },
    })
    cleanups.push(() => proxy.close())
    await proxy.start()
    await proxy.ready
    const { port } = proxy.listenerAddress('l')!
    const status = async (url: string) => (await send(port, url)).status
    expect(await Promise.all([status('/one'), status('/two')])).toEqual([200, 404])

    write('routes', routes('/two'))
    await expect.poll(() => status('/two')).toBe(200)

    writeFileSync(path('routes'), 'resources: [')
    writeFileSync(join(folder, 'next', 'routes.yaml'), JSON.stringify({ resources: routes('/three') }))
    expect(await status('/two')).toBe(200)
    renameSync(join(folder, 'next', 'routes.yaml'), path('routes'))
    await expect.poll(() => status('/three')).toBe(200)

    write('listeners', [])
    await expect.poll(() => proxy.listenerAddress('l')).toBeUndefined()
  })
})
