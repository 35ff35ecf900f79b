import { readFile } from 'node:fs'
import { promisify } from 'node:util'
import { BattenError, errorMessage } from '@batten/core'

/** Where Kubernetes projects the token of a workload for the CA. */
export const DEFAULT_TOKEN_FILE = './var/run/secrets/tokens/istio-token'

/** Without `fs/promises`, which takes half a megabyte. */
const readBytes = promisify(readFile)

/** A service account token has a few KiB at most. */
const MAX_TOKEN_BYTES = 64 * 1024

/**
 * Reads a token. The kubelet replaces the file long before the token expires, so it is read anew for each use.
 *
 * @throws BattenError PROXY_TOKEN_UNREADABLE
 */
export async function readToken(path: string): Promise<string> {
  const bytes = await readBytes(path).catch((thrown: unknown) => {
    throw unreadable(path, errorMessage(thrown), thrown)
  })
  if (bytes.length > MAX_TOKEN_BYTES) throw unreadable(path, `it has ${bytes.length} bytes`)
  const token = bytes.toString('latin1').trim()
  if (token === '') throw unreadable(path, 'it is empty')
  // It goes into a header; the text itself is never shown.
  if (/[^\x21-\x7e]/.test(token)) throw unreadable(path, 'it contains characters that a token cannot have')
  return token
}

function unreadable(path: string, reason: string, cause?: unknown): BattenError {
  return new BattenError('PROXY_TOKEN_UNREADABLE', {
    message: `the token for the CA cannot be read: ${reason}`,
    where: path,
    hint: 'project a service account token with the audience istio-ca to this path, or name another one with CA_TOKEN_FILE',
    cause,
  })
}
