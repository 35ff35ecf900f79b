import type { Gateway, Server } from '@batten/api'
import { DEFAULT_NAMESPACE, objectKey } from './object-key.ts'

/** A Gateway. */
export interface MeshGateway {
  /** Key of the object. */
  readonly key: string
  /** `namespace/name`, as VirtualServices name it. */
  readonly title: string
  readonly name: string
  readonly namespace: string
  readonly creationTimestamp: string
  /** Labels of the proxies it is for, in any namespace. */
  readonly selector: Readonly<Record<string, string>>
  readonly servers: readonly Server[]
}

/** Reads a Gateway. */
export function gatewayOf(object: Gateway): MeshGateway {
  const namespace = object.metadata?.namespace ?? DEFAULT_NAMESPACE
  const name = object.metadata?.name ?? ''
  return {
    key: objectKey(object),
    title: `${namespace}/${name}`,
    name,
    namespace,
    creationTimestamp: object.metadata?.creationTimestamp ?? '',
    selector: object.spec?.selector ?? {},
    servers: object.spec?.servers ?? [],
  }
}
