/**
 * What `batten.config.ts` of a project says: where the mesh configuration is, which command runs which Deployment,
 * and which Wasm filters are built from source.
 *
 * @example
 * import { defineConfig } from '@batten/cli/config'
 *
 * export default defineConfig({
 *   config: ['mesh'],
 *   workloads: {
 *     'reviews-*': { command: ['node', 'services/reviews.ts'] },
 *   },
 *   filters: ['filters/served-by.ts'],
 * })
 */
export interface BattenConfig {
  /** Folders or files of YAML, relative to the project. Default: `['mesh']` when that folder exists, else `['.']`. */
  readonly config?: readonly string[]
  /**
   * How to run the pods of a Deployment on this machine. Keys are Deployment names, `*` stands for any text; the
   * longest key that matches is used. A Deployment without an entry is reported and not started.
   */
  readonly workloads?: Readonly<Record<string, WorkloadCommand>>
  /** AssemblyScript filters; each is built to a `.wasm` file beside its source, and again when it is saved. */
  readonly filters?: readonly string[]
  /** Port of the ingress gateway. Default 8080; the next free one when it is taken. */
  readonly gatewayPort?: number
  /** Path that the table of addresses shows for the gateway. Default `/`. */
  readonly landingPath?: string
}

/**
 * One command of {@link BattenConfig.workloads}. It gets `PORT` (of several ports the first; each
 * has a `PORT_<container port>`), `HOST` and `HTTP_PROXY` in its environment.
 */
export interface WorkloadCommand {
  /** Program and arguments; `node` is the Node that runs `batten`. */
  readonly command: readonly [string, ...string[]]
  /** Relative to the project; default the project itself. */
  readonly cwd?: string
  /** Added to the container's `env` of the Deployment. */
  readonly env?: Readonly<Record<string, string>>
}

/** Types a `batten.config.ts`; returns its argument. */
export function defineConfig(config: BattenConfig): BattenConfig {
  return config
}

/** The entry for a Deployment: the longest pattern that matches its name. */
export function commandFor(config: BattenConfig, deployment: string): WorkloadCommand | undefined {
  let best: string | undefined
  for (const pattern of Object.keys(config.workloads ?? {}))
    if (matches(pattern, deployment) && (best === undefined || pattern.length > best.length)) best = pattern
  return best === undefined ? undefined : config.workloads?.[best]
}

function matches(pattern: string, name: string): boolean {
  const source = pattern.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${source.join('.*')}$`).test(name)
}
