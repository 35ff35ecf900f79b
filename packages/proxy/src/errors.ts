import { BattenError, errorMessage } from '@batten/core'

/** Every error code of this package and what it means. `docs/errors/` is generated from this table. */
export const PROXY_ERRORS = {
  PROXY_BOOTSTRAP_UNREADABLE: 'The bootstrap file cannot be read, or is neither YAML nor JSON.',
  PROXY_BOOTSTRAP_INVALID:
    'The bootstrap has a field that Envoy does not know, or a value of the wrong type.',
  PROXY_INVALID_CONFIG: 'A value in a resource or in the bootstrap is not allowed where it stands.',
  PROXY_UNSUPPORTED_FIELD: 'A field or an extension that this proxy does not implement yet is set.',
  PROXY_UNKNOWN_EXTENSION: 'An extension names a type URL that nothing in this proxy implements.',
  PROXY_BIND_FAILED: 'The address of a listener cannot be bound.',
  PROXY_ADMIN_BIND_FAILED: 'The admin address cannot be bound.',
  PROXY_NOT_STARTED: 'The proxy was asked for something that exists only while it runs.',
  PROXY_XDS_PROTOCOL: 'A management server sent something that the xDS protocol does not allow.',
  PROXY_XDS_CLUSTER: 'The cluster of the management server cannot be connected to as it is configured.',
  PROXY_TOKEN_UNREADABLE: 'The token that proves the identity of the workload to the CA cannot be read.',
  PROXY_CA_UNAVAILABLE: 'The certificate authority cannot be reached, or does not answer in time.',
  PROXY_CA_REFUSED: 'The certificate authority does not sign a certificate for this workload.',
  PROXY_CA_BAD_ANSWER: 'What the certificate authority sent cannot be used.',
  PROXY_SDS_BIND_FAILED: 'The Unix domain socket of the SDS server cannot be bound.',
  PROXY_ENVOY_FAILED: 'The Envoy process cannot be started.',
  PROXY_OPTION_INVALID: 'A command line option has a value that it cannot have.',
} as const

export type ProxyErrorCode = keyof typeof PROXY_ERRORS

/** A configuration error as it stands in a NACK, a log line or on a terminal: `where: message`. */
export function configErrorText(thrown: unknown): string {
  if (thrown instanceof BattenError && thrown.where !== undefined) return `${thrown.where}: ${thrown.message}`
  return errorMessage(thrown)
}
