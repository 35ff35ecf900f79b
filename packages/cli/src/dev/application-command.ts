import { resolve } from 'node:path'
import type { LocalPod } from '@batten/testing/local-platform'
import type { WorkloadCommand } from '../config/define-config.ts'
import type { ChildSpec } from './child.ts'
import { podTitle } from './pod-set.ts'

/** What is loaded into applications before their own code; see there. */
const PRELOADED = new URL(
  import.meta.url.endsWith('.ts') ? './fetch-through-sidecar.ts' : './fetch-through-sidecar.js',
  import.meta.url,
)

/**
 * The process of a pod's application. It gets the environment of `batten dev`, then the container's `env`, then what a
 * platform says to a program (`PORT`, for each container port one like `PORT_9090`, `HOST`, `HOSTNAME`, and its sidecar as HTTP proxy), then `env` of its entry in
 * `batten.config.ts`.
 */
export function applicationCommand(pod: LocalPod, run: WorkloadCommand, root: string): ChildSpec {
  const [first] = pod.ports
  const proxy = `http://127.0.0.1:${pod.httpProxyPort}`
  const env = {
    ...process.env,
    ...pod.env,
    HOST: '127.0.0.1',
    HOSTNAME: pod.name,
    ...(first && { PORT: String(first.appPort) }),
    ...Object.fromEntries(
      pod.ports.map(({ containerPort, appPort }) => [`PORT_${containerPort}`, String(appPort)]),
    ),
    // The program's own environment variable for a proxy; Node's http module honours it with the last one.
    HTTP_PROXY: proxy,
    http_proxy: proxy,
    NO_PROXY: 'localhost,127.0.0.1',
    NODE_USE_ENV_PROXY: '1',
    ...run.env,
  }
  const nodeOptions = (env as Record<string, string | undefined>).NODE_OPTIONS ?? ''
  return {
    name: podTitle(pod),
    command: run.command,
    cwd: resolve(root, run.cwd ?? '.'),
    env: { ...env, NODE_OPTIONS: `${nodeOptions} --import=${PRELOADED.href}`.trim() },
  }
}
