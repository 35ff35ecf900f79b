import type { ServerTLSSettings } from '@batten/api'
import type { Secret } from '@batten/xds'
import { isSameMap } from '../../model/equal.ts'
import { defineQuery, type Reader } from '../../model/incremental.ts'
import type { Resource } from '../../model/resource.ts'
import type { MeshSnapshot } from '../../model/snapshot.ts'
import { credentialNamesOf } from '../fields/gateway/tls.ts'
import { classOf, type GatewayClass } from '../node-class.ts'
import { encodeResource } from '../resource-encoder.ts'
import { secretResourceName } from '../tls-context.ts'
import { gatewayServers } from './gateway-servers.ts'

const CA_SUFFIX = '-cacert'

/** The secrets of a gateway proxy: those that its servers name, from its own namespace. */
export const gatewaySecrets = defineQuery<MeshSnapshot, ReadonlyMap<string, Resource>>(
  'gateway-secrets',
  (read, classKey) => {
    const node = classOf<GatewayClass>(classKey!)
    const secrets = new Map<string, Resource>()
    for (const { server } of gatewayServers(read, node))
      for (const credential of credentialNamesOf(server.tls)) {
        const name = secretResourceName(credential)
        const message = secretOf(read, node.namespace, credential)
        if (message !== undefined)
          secrets.set(
            name,
            encodeResource('envoy.extensions.transport_sockets.tls.v3.Secret', name, { name, ...message }),
          )
      }
    return secrets
  },
  isSameMap,
)

/**
 * Why a server cannot have its certificates: a proxy would wait for a Secret that is not there, and keep every other
 * server of the listener waiting. Undefined when it can.
 */
export function credentialProblem(
  read: Reader<MeshSnapshot>,
  namespace: string,
  tls: ServerTLSSettings | undefined,
): string | undefined {
  for (const credential of credentialNamesOf(tls)) {
    if (secretOf(read, namespace, credential) === undefined) {
      const what = credential.endsWith(CA_SUFFIX) ? 'ca.crt' : 'tls.crt and tls.key'
      return `there is no Secret ${namespace}/${credential} with ${what}`
    }
    const problem = read.entry('secrets', `${namespace}/${credential}`)?.problem
    if (problem !== undefined) return `the Secret ${namespace}/${credential} is of no use: ${problem}`
  }
  return undefined
}

/** A certificate with its key; for `-cacert` the authority, from a Secret of that name or from the one without suffix. */
function secretOf(read: Reader<MeshSnapshot>, namespace: string, credential: string): Secret | undefined {
  const key = `${namespace}/${credential.replace(/^kubernetes(-gateway)?:\/\//, '')}`
  const secret = read.entry('secrets', key)
  if (key.endsWith(CA_SUFFIX)) {
    const ca = secret?.ca ?? secret?.certificate ?? read.entry('secrets', key.slice(0, -CA_SUFFIX.length))?.ca
    return ca === undefined ? undefined : { validationContext: { trustedCa: { inlineBytes: bytes(ca) } } }
  }
  if (secret?.certificate === undefined || secret.privateKey === undefined) return undefined
  return {
    tlsCertificate: {
      certificateChain: { inlineBytes: bytes(secret.certificate) },
      privateKey: { inlineBytes: bytes(secret.privateKey) },
    },
  }
}

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}
