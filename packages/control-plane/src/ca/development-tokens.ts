import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomUUID,
} from 'node:crypto'
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Clock, errorMessage, systemClock } from '@batten/core'
import { controlPlaneError } from '../errors.ts'
import type { WorkloadIdentity } from './spiffe-id.ts'
import { JwtAuthenticator, TOKEN_AUDIENCE, type TokenAuthenticator } from './tokens.ts'

/** Issuer of development tokens; a cluster's issuer is an https address, so the two never meet. */
export const DEVELOPMENT_ISSUER = 'batten.dev/development-tokens'

export interface DevelopmentTokensOptions {
  /** Keeps the signing key (`token-key.pem`, mode 0600), so that tokens survive a restart. Default: in memory. */
  readonly directory?: string
  readonly clock?: Clock
}

export interface TokenRequest extends WorkloadIdentity {
  /** Default: `['istio-ca']`. */
  readonly audiences?: readonly string[]
  /** Default: 12 h. */
  readonly ttlMs?: number
}

/** Signs and verifies tokens where there is no Kubernetes. */
export interface DevelopmentTokens extends TokenAuthenticator {
  /** A token as the kubelet projects it into a pod: `iss`, `aud`, `sub`, `iat`, `exp`, `kubernetes.io`. */
  issue(request: TokenRequest): Promise<string>
}

/**
 * The service account tokens of a machine without Kubernetes: signed by a key of its own, verified by the same
 * {@link JwtAuthenticator} as any OIDC issuer's.
 *
 * @throws BattenError `CA_DIRECTORY`
 * @example
 * const tokens = createDevelopmentTokens()
 * const token = await tokens.issue({ namespace: 'default', serviceAccount: 'bookinfo-reviews' })
 */
export function createDevelopmentTokens(options: DevelopmentTokensOptions = {}): DevelopmentTokens {
  const clock = options.clock ?? systemClock
  const privateKey = options.directory === undefined ? createKey() : loadKey(options.directory)
  const verifier = new JwtAuthenticator({
    issuer: DEVELOPMENT_ISSUER,
    keys: createPublicKey(privateKey),
    clock,
  })
  return {
    authenticate: (token) => verifier.authenticate(token),
    issue: async (request) => {
      const { SignJWT } = await import('jose')
      const now = Math.floor(clock.now() / 1000)
      return new SignJWT({
        'kubernetes.io': {
          namespace: request.namespace,
          serviceaccount: { name: request.serviceAccount },
        },
      })
        .setProtectedHeader({ alg: 'ES256' })
        .setIssuer(DEVELOPMENT_ISSUER)
        .setSubject(`system:serviceaccount:${request.namespace}:${request.serviceAccount}`)
        .setAudience([...(request.audiences ?? [TOKEN_AUDIENCE])])
        .setIssuedAt(now)
        .setExpirationTime(now + Math.floor((request.ttlMs ?? 12 * 3_600_000) / 1000))
        .sign(privateKey)
    },
  }
}

function createKey(): KeyObject {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
}

/** Reads the key, or makes it. Two processes that start at once agree on the file that was there first. */
function loadKey(directory: string): KeyObject {
  const path = join(directory, 'token-key.pem')
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    if (!existsSync(path)) createKeyFile(path)
    return createPrivateKey(readFileSync(path))
  } catch (error) {
    throw controlPlaneError('CA_DIRECTORY', {
      message: `the key of the development tokens cannot be used: ${errorMessage(error)}`,
      where: path,
      hint: 'check that the directory is writable, or remove the file to make a new key',
      cause: error,
    })
  }
}

/** Makes the key appear with its content, or not at all if another process was first. */
function createKeyFile(path: string): void {
  const temporary = `${path}.${randomUUID()}`
  writeFileSync(temporary, createKey().export({ format: 'pem', type: 'pkcs8' }), { mode: 0o600, flush: true })
  try {
    linkSync(temporary, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    rmSync(temporary)
  }
}
