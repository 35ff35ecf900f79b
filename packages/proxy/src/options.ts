import type { Clock, Logger, RootLogger } from '@batten/core'
import type { BootstrapInput } from './bootstrap/bootstrap.ts'
import type { HttpFilterDefinition } from './http/filter.ts'
import type { IdentityOptions } from './identity/identity-options.ts'

/** How a proxy is made: see {@link createProxy}. */
export interface ProxyOptions {
  /** An Envoy v3 bootstrap: a file, a text or a JSON value. */
  readonly bootstrap: BootstrapInput
  /** Replaces `node.id` of the bootstrap: Envoy's `--service-node`. */
  readonly serviceNode?: string
  /** Replaces `node.cluster` of the bootstrap: Envoy's `--service-cluster`. */
  readonly serviceCluster?: string
  /** HTTP filters in TypeScript, beside the built-in ones; one with the type URL of a built-in filter replaces it. */
  readonly extensions?: readonly HttpFilterDefinition<never, never>[]
  /**
   * The workload's own certificate, requested from a CA and renewed in this process. It stands for the SDS cluster
   * `sds-grpc` of Istio's bootstraps, which needs no agent then. `batten proxy` reads it from the environment that
   * Istio's injector sets (`CA_ADDR` and others: see `identityFromEnvironment`). Default: none.
   */
  readonly identity?: IdentityOptions
  /** How long connections of replaced or removed listeners may stay, milliseconds. Default: 600 000, as in Envoy. */
  readonly drainTimeMs?: number
  /** Downstream connections of the whole proxy; 0 means no limit. Default: 0. */
  readonly maxConnections?: number
  /** Gets the lines of access logs that go to a stream, in place of the stream: for tests. */
  readonly accessLogSink?: (line: string, stream: 'stdout' | 'stderr') => void
  /** Default: says nothing. A root logger lets the admin page `/logging` change levels. */
  readonly log?: Logger | RootLogger
  /** Default: the machine's. */
  readonly clock?: Clock
  /** Uniform in [0, 1). Default: `Math.random`. */
  readonly random?: () => number
  /** Shown by `/server_info`. */
  readonly commandLine?: Readonly<Record<string, unknown>>
}
