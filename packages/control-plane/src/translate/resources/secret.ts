import type { Secret } from '@batten/xds'
import { isSameMap } from '../../model/equal.ts'
import { defineQuery, type Reader } from '../../model/incremental.ts'
import type { Resource } from '../../model/resource.ts'
import type { MeshSnapshot } from '../../model/snapshot.ts'
import { clientCredentialNamesOf, hasCredentials } from '../fields/destination-rule/credentials.ts'
import { effectivePolicy } from '../fields/destination-rule/traffic-policy.ts'
import { credentialNamesOf } from '../fields/gateway/tls.ts'
import { type ClientClass, classOf, type GatewayClass } from '../node-class.ts'
import { encodeResource } from '../resource-encoder.ts'
import { secretResourceName } from '../tls-context.ts'
import { clusterRefs } from './cluster-refs.ts'
import { gatewayServers } from './gateway-servers.ts'

const CA_SUFFIX = '-cacert'

/** The secrets of a gateway proxy: those that its servers name, from its own namespace. */
export const gatewaySecrets = defineQuery<MeshSnapshot, ReadonlyMap<string, Resource>>(
  'gateway-secrets',
  (read, classKey) => {
    const node = classOf<GatewayClass>(classKey!)
    const secrets = new Map<string, Resource>()
    for (const { server } of gatewayServers(read, node))
      for (const credential of credentialNamesOf(server.tls))
        addSecret(read, secrets, node.namespace, credential)
    return secrets
  },
  isSameMap,
)

/** The secrets of a client: those that the TLS settings of its destinations name, from its own namespace. */
export const clientSecrets = defineQuery<MeshSnapshot, ReadonlyMap<string, Resource>>(
  'client-secrets',
  (read, classKey) => {
    const client = classOf<ClientClass>(classKey!)
    const secrets = new Map<string, Resource>()
    for (const { rule, subset, portNumber } of clusterRefs(read, classKey!)) {
      if (rule === undefined || !hasCredentials(rule, client.type === 'sidecar')) continue
      const { tls } = effectivePolicy(rule.spec, subset, portNumber)
      for (const credential of clientCredentialNamesOf(tls))
        addSecret(read, secrets, client.namespace, credential)
    }
    return secrets
  },
  isSameMap,
)

function addSecret(
  read: Reader<MeshSnapshot>,
  secrets: Map<string, Resource>,
  namespace: string,
  credential: string,
): void {
  const name = secretResourceName(credential)
  const message = secretOf(read, namespace, credential)
  if (message !== undefined)
    secrets.set(
      name,
      encodeResource('envoy.extensions.transport_sockets.tls.v3.Secret', name, { name, ...message }),
    )
}

/**
 * Why a server or client cannot have its certificates: a proxy would wait for a Secret that is not there, and keep
 * everything else that waits for the same listener or cluster waiting. Undefined when it can.
 */
export function credentialProblem(
  read: Reader<MeshSnapshot>,
  namespace: string,
  credentials: readonly string[],
): string | undefined {
  for (const credential of credentials) {
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
