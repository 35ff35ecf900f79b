import { BattenError, type ErrorDetails } from '@batten/core'

/** Every error code of the control plane's certificate authority, xDS server, debug server and options, with its meaning. */
export const CONTROL_PLANE_ERRORS = {
  CA_BAD_REQUEST:
    'A certificate signing request cannot be read, is not signed by its key, or has a weak key.',
  CA_DIRECTORY:
    'The files of the certificate authority cannot be read or written, or do not belong together.',
  CA_EXPIRED: 'The signing certificate of the authority is not valid now.',
  AUTH_REQUIRED: 'A call came without a client certificate or token.',
  AUTH_TOKEN_REJECTED:
    'A token is malformed, expired, signed by somebody else or meant for another audience.',
  AUTH_IDENTITY_MISMATCH: 'A node says it is in another namespace or service account than its credentials.',
  XDS_BAD_NODE: 'The node of the first request is missing or malformed.',
  XDS_BAD_REQUEST: 'A discovery request cannot be decoded or breaks the protocol.',
  XDS_LIMIT: 'A client asked for more than the server allows (streams, subscriptions, message size).',
  SERVER_BIND_FAILED: 'The control plane cannot listen on an address.',
  OPTION_INVALID: 'An environment variable or flag has a value that cannot be used.',
} as const

export type ControlPlaneErrorCode = keyof typeof CONTROL_PLANE_ERRORS

/** A {@link BattenError} with one of the codes above. */
export function controlPlaneError(code: ControlPlaneErrorCode, details: ErrorDetails): BattenError {
  return new BattenError(code, details)
}
