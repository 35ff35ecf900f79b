import type { LocalPod } from '@batten/testing/local-platform'
import { podTitle } from './pod-set.ts'
import { acceptsConnections, waitForHttp, waitForPort } from './wait.ts'

/**
 * Resolves when a pod's sidecar has its configuration and its application accepts connections on its first port: an
 * application that was not written for this need not know where its further ones are.
 */
export async function untilReady({ adminPort, ports }: LocalPod, signal: AbortSignal): Promise<void> {
  await Promise.all([
    waitForHttp(`http://127.0.0.1:${adminPort}/ready`, signal),
    ...ports.slice(0, 1).map((port) => waitForPort(port.appPort, signal)),
  ])
}

/** What a pod lacks to take requests, with its name. */
export async function lackOf(pod: LocalPod): Promise<string> {
  const [first] = pod.ports
  return first === undefined || (await acceptsConnections(first.appPort))
    ? `${podTitle(pod)}: its sidecar is not ready`
    : `${podTitle(pod)}: nothing accepts connections on 127.0.0.1:${first.appPort} (its PORT)`
}

/** Where an application listens; of several ports each with its number in the container. */
export function appPortsOf({ ports }: LocalPod): string {
  const [first] = ports
  if (first === undefined) return 'app without ports'
  if (ports.length === 1) return `app on ${first.appPort}`
  return `app on ${ports.map(({ appPort, containerPort }) => `${appPort} (${containerPort})`).join(', ')}`
}
