import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { KubernetesObject } from '@batten/api'
import { fromYaml } from '@batten/api/yaml'
import {
  type ControlPlane,
  createControlPlane,
  type Finding,
  MemorySource,
  objectKey,
} from '@batten/control-plane'
import { BattenError } from '@batten/core'
import { type Proxy as BattenProxy, createProxy, identityFromEnvironment } from '@batten/proxy'
import { type Echo, EchoServer } from './echo-server.ts'
import {
  bootstrapOf,
  CONTROL_PLANE_NAME,
  gatewayNode,
  type LocalNode,
  type LocalPlan,
  type LocalPod,
  PortPool,
  planMesh,
  platformObjects,
  sidecarNode,
} from './local-platform/index.ts'
import { type TestWorkload, workloadObjects } from './workload-objects.ts'

export interface MeshOptions {
  /** Istio and Kubernetes objects, as YAML or as objects. A Deployment in it runs as an echo server. */
  readonly config?: string | readonly KubernetesObject[]
  /** Services to make besides, each with an echo server for each of its versions. */
  readonly workloads?: Readonly<Record<string, TestWorkload>>
  /** Closes the mesh. */
  readonly signal?: AbortSignal
}

/** A pod of a test mesh. */
export interface MeshWorkload {
  readonly pod: LocalPod
  /** The application. */
  readonly echo: EchoServer
  readonly sidecar: BattenProxy
}

export interface MeshResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
  /** The body of an echo server. */
  readonly echo: Echo
}

/**
 * A whole mesh in this process, on free ports: control plane, ingress gateway, and for each pod an echo server and a
 * sidecar, with mutual TLS between them.
 *
 * @example
 * const mesh = await createMesh({ workloads: { web: {}, cart: { versions: ['v1', 'v2'] } }, config: canaryYaml })
 * const { echo } = await mesh.request('web-v1', 'http://cart/items')
 * expect(echo.server).toBe('cart-v2')
 * await mesh.close()
 */
export async function createMesh(options: MeshOptions = {}): Promise<Mesh> {
  const mesh = new Mesh()
  try {
    await mesh.start(options)
  } catch (error) {
    await mesh.close()
    throw error
  }
  options.signal?.addEventListener('abort', () => void mesh.close(), { once: true })
  return mesh
}

const SERVED_TIMEOUT_MS = 10_000
/** A test that changed a listener wants to see it on connections that are open already. */
const DRAIN_TIME_MS = 100

/** A running test mesh; {@link createMesh} makes it. */
export class Mesh {
  readonly #config = new MemorySource()
  readonly #platform = new MemorySource()
  /** Everything that was applied, by object key. */
  readonly #objects = new Map<string, KubernetesObject>()
  readonly #folder = mkdtempSync(join(tmpdir(), 'batten-mesh-'))
  readonly #proxies: BattenProxy[] = []
  #controlPlane: ControlPlane | undefined
  #plan: LocalPlan | undefined
  #closed: Promise<void> | undefined
  /** By pod name, e.g. `cart-v1`. */
  readonly workloads = new Map<string, MeshWorkload>()
  gateway: BattenProxy | undefined

  get controlPlane(): ControlPlane {
    return this.#controlPlane!
  }

  /** What is wrong with the configuration. */
  get findings(): readonly Finding[] {
    return this.controlPlane.findings
  }

  /** Address of the gateway for a port of a Gateway; the first one when no port is named. */
  gatewayUrl(port?: number): string {
    const ports = this.#plan!.gateway.ports
    const local = port === undefined ? [...ports.values()][0] : ports.get(port)
    if (local === undefined)
      throw new BattenError('TEST_NO_GATEWAY', {
        message: port === undefined ? 'no Gateway has a server' : `no Gateway has a server on port ${port}`,
        hint: 'a Gateway must be in the configuration that createMesh gets',
      })
    return `http://127.0.0.1:${local}`
  }

  /** @internal */
  async start({ config = [], workloads = {} }: MeshOptions): Promise<void> {
    const objects = [
      ...objectsOf(config),
      ...Object.entries(workloads).flatMap(([name, w]) => workloadObjects(name, w)),
    ]
    const ports = new PortPool()
    this.#plan = await planMesh(objects, () => true, 0, ports)
    await ports.release()
    for (const object of objects) this.#objects.set(objectKey(object), object)
    this.#config.apply(objects)
    this.#updatePlatform()
    this.#controlPlane = await createControlPlane({
      sources: [this.#config, this.#platform],
      xdsPort: false,
      debugPort: false,
    })
    writeFileSync(join(this.#folder, 'root-cert.pem'), this.controlPlane.rootCertificate)
    const [gateway] = await Promise.all([
      this.#startProxy(gatewayNode(this.#plan)),
      ...this.#plan.pods.map((pod) => this.#startWorkload(pod)),
    ])
    this.gateway = gateway
    await this.served()
  }

  /** As `kubectl apply`: takes objects in and resolves when every proxy has them. */
  async apply(config: string | readonly KubernetesObject[]): Promise<void> {
    const objects = objectsOf(config)
    for (const object of objects) this.#objects.set(objectKey(object), object)
    this.#config.apply(objects)
    this.#updatePlatform()
    await this.served()
  }

  /** As `kubectl delete`: takes objects away and resolves when every proxy has forgotten them. */
  async delete(config: string | readonly KubernetesObject[]): Promise<void> {
    const keys = objectsOf(config).map(objectKey)
    for (const key of keys) this.#objects.delete(key)
    this.#config.remove(keys)
    this.#updatePlatform()
    await this.served()
  }

  /** What a cluster adds depends on Services and Sidecars: endpoints, and what each pod may call. Pods stay. */
  #updatePlatform(): void {
    this.#platform.replace(platformObjects(this.#plan!, [...this.#objects.values()]))
  }

  /** Resolves when every proxy has accepted what the control plane knows now. */
  async served(): Promise<void> {
    this.controlPlane.flush()
    await this.controlPlane.waitUntilServed(AbortSignal.timeout(SERVED_TIMEOUT_MS))
  }

  /**
   * Sends a request as the application of a pod would: by the name of a service, through the pod's sidecar.
   *
   * @param from - pod, e.g. `web-v1`
   */
  request(
    from: string,
    url: string,
    init: {
      readonly method?: string
      readonly headers?: Record<string, string>
      readonly body?: string
    } = {},
  ): Promise<MeshResponse> {
    const workload = this.workloads.get(from)
    if (workload === undefined)
      throw new BattenError('TEST_NO_WORKLOAD', {
        message: `there is no pod ${from}`,
        hint: `there are: ${[...this.workloads.keys()].join(', ')}`,
      })
    return send({ port: workload.pod.httpProxyPort, path: url, host: new URL(url).host, ...init })
  }

  /** Sends a request to the gateway. */
  requestGateway(
    path: string,
    init: {
      readonly method?: string
      readonly headers?: Record<string, string>
      readonly body?: string
    } = {},
  ): Promise<MeshResponse> {
    const { port, host } = new URL(this.gatewayUrl())
    return send({ port: Number(port), path, host, ...init })
  }

  async close(): Promise<void> {
    this.#closed ??= this.#close()
    await this.#closed
  }

  async #close(): Promise<void> {
    await Promise.all(this.#proxies.map((proxy) => proxy.close()))
    await Promise.all([...this.workloads.values()].map(({ echo }) => echo.close()))
    await this.#controlPlane?.close()
    rmSync(this.#folder, { recursive: true, force: true })
  }

  async #startWorkload(pod: LocalPod): Promise<void> {
    const echo = await EchoServer.start(pod.name, pod.ports[0]?.appPort ?? 0)
    const sidecar = await this.#startProxy(sidecarNode(pod))
    this.workloads.set(pod.name, { pod, echo, sidecar })
  }

  async #startProxy(node: LocalNode): Promise<BattenProxy> {
    const { namespace, serviceAccount } = node
    const tokenFile = join(this.#folder, `${node.name}.token`)
    const rootFile = join(this.#folder, 'root-cert.pem')
    writeFileSync(tokenFile, await this.controlPlane.issueToken(namespace, serviceAccount), { mode: 0o600 })
    const caAddress = this.controlPlane.tlsAddress!
    const tlsPort = Number(caAddress.slice(caAddress.lastIndexOf(':') + 1))
    const identity = identityFromEnvironment({
      CA_ADDR: caAddress,
      CA_ROOT_CA: rootFile,
      CA_SNI: CONTROL_PLANE_NAME,
      CA_TOKEN_FILE: tokenFile,
      POD_NAMESPACE: namespace,
      SERVICE_ACCOUNT: serviceAccount,
    })
    const proxy = createProxy({
      bootstrap: { json: bootstrapOf(node, { tlsPort, rootFile }) },
      drainTimeMs: DRAIN_TIME_MS,
      ...(identity === undefined ? {} : { identity }),
    })
    this.#proxies.push(proxy)
    await proxy.start()
    await proxy.ready
    return proxy
  }
}

function objectsOf(config: string | readonly KubernetesObject[]): readonly KubernetesObject[] {
  if (typeof config !== 'string') return config
  const { objects, findings } = fromYaml(config)
  const problem = findings.find(({ severity }) => severity === 'error')
  if (problem !== undefined)
    throw new BattenError('TEST_BAD_CONFIG', {
      message: problem.message,
      where: `line ${problem.range?.line ?? '?'}`,
    })
  return objects.map(({ object }) => object)
}

interface SendOptions {
  readonly port: number
  readonly path: string
  readonly host: string
  readonly method?: string
  readonly headers?: Record<string, string>
  readonly body?: string
}

function send({ port, path, host, method = 'GET', headers = {}, body }: SendOptions): Promise<MeshResponse> {
  return new Promise((resolve, reject) => {
    const req = request(
      { host: '127.0.0.1', port, path, method, headers: { host, ...headers }, agent: false, timeout: 10_000 },
      (res) => {
        let text = ''
        res.setEncoding('utf8')
        res.on('data', (chunk: string) => (text += chunk))
        res.on('error', reject)
        res.on('end', () =>
          resolve({
            status: res.statusCode ?? 0,
            headers: res.headers,
            body: text,
            get echo() {
              return JSON.parse(text) as Echo
            },
          }),
        )
      },
    )
    req.on('timeout', () => req.destroy(new Error(`${path}: no answer within 10 s`)))
    req.on('error', reject)
    req.end(body)
  })
}
