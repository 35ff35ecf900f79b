import type { HostConfig } from './cluster-config.ts'

/** A host of a cluster with what happens to it at run time. */
export interface Host {
  readonly config: HostConfig
  /** `ip:port`, as in access logs. */
  readonly address: string
  /** Requests in flight; least request reads it. */
  activeRequests: number
}
