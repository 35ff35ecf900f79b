import type { LocalPod } from '@batten/testing/local-platform'
import { expect, it } from 'vitest'
import { applicationCommand } from './application-command.ts'

const pod = {
  name: 'cart',
  namespace: 'default',
  env: { A: 'container', B: 'container' },
  ports: [
    { containerPort: 8080, name: 'http', appPort: 21_000, inboundPort: 21_001 },
    { containerPort: 9090, name: 'metrics', appPort: 21_002, inboundPort: 21_003 },
  ],
  httpProxyPort: 21_004,
} as unknown as LocalPod

it('tells an application where to listen and where its sidecar is; the configuration file has the last word', () => {
  const run = {
    command: ['npm', 'start'] as [string, ...string[]],
    cwd: 'services',
    env: { B: 'file', NODE_OPTIONS: '--enable-source-maps' },
  }
  const { env, ...rest } = applicationCommand(pod, run, '/shop')
  expect(rest).toEqual({ name: 'cart', command: ['npm', 'start'], cwd: '/shop/services' })
  expect(env).toMatchObject({
    A: 'container',
    B: 'file',
    HOST: '127.0.0.1',
    HOSTNAME: 'cart',
    PORT: '21000',
    PORT_8080: '21000',
    PORT_9090: '21002',
    HTTP_PROXY: 'http://127.0.0.1:21004',
    http_proxy: 'http://127.0.0.1:21004',
    NO_PROXY: 'localhost,127.0.0.1',
    NODE_USE_ENV_PROXY: '1',
    NODE_OPTIONS: expect.stringMatching(/^--enable-source-maps --import=file:.*\/fetch-through-sidecar\.ts$/),
  })
})
