import type { Logger } from '@batten/core'
import type { Cluster } from '@batten/xds'
import { type CompiledCluster, compileCluster } from '../config/compile-cluster.ts'
import type { GrpcApi } from '../config/compile-config-source.ts'
import { asksForHttp2 } from '../config/compile-upstream-http.ts'
import type { FieldPath } from '../config/field-path.ts'
import { type GrpcTarget, type GrpcTargetContext, grpcTargetOf } from '../xds/grpc-target.ts'

/**
 * The clusters of the bootstrap. Those that ask for HTTP/2 are for our own gRPC clients (ADS, SDS) only, until HTTP/2
 * is spoken upstream; the others are for traffic, and may be used by gRPC clients as well.
 */
export class StaticClusters {
  /** For the cluster manager, each with its place in the bootstrap. */
  readonly forTraffic: { readonly compiled: CompiledCluster; readonly at: FieldPath }[] = []
  readonly #byName = new Map<string, { readonly compiled: CompiledCluster; readonly at: FieldPath }>()

  /** @throws BattenError with the path of the field that is wrong or not supported */
  constructor(clusters: readonly Cluster[], at: FieldPath, log: Logger) {
    clusters.forEach((message, i) => {
      const path = at.index(i)
      const grpcOnly = asksForHttp2(message)
      const compiled = compileCluster(message, path, grpcOnly)
      const { name } = compiled.config
      if (this.#byName.has(name)) throw path.field('name').invalid(`${JSON.stringify(name)} is used twice`)
      this.#byName.set(name, { compiled, at: path })
      if (grpcOnly)
        log.debug('cluster is for gRPC clients of the proxy only: it asks for HTTP/2', { cluster: name })
      else this.forTraffic.push({ compiled, at: path })
    })
  }

  /** How our gRPC clients connect to a cluster; undefined if there is none of that name. */
  forGrpc(api: GrpcApi, context: GrpcTargetContext): GrpcCluster | undefined {
    const found = this.#byName.get(api.cluster)
    if (found === undefined) return undefined
    return { ...found, target: grpcTargetOf(found.compiled.config, api.authority, context) }
  }
}

/** A static cluster as a gRPC client sees it. */
export interface GrpcCluster {
  readonly target: GrpcTarget
  readonly compiled: CompiledCluster
  readonly at: FieldPath
}
