import { BattenError, parseDurationMs } from '@batten/core'
import { workloadSpiffeId } from '../tls/spiffe.ts'
import type { CaClientOptions } from './ca-client.ts'
import { DEFAULT_TOKEN_FILE } from './token.ts'

/** Where the certificate of a workload comes from. */
export interface IdentityOptions {
  readonly spiffeId: string
  readonly ca: CaClientOptions
  readonly ttlMs: number
  readonly graceRatio: number
}

const DEFAULT_ROOT_FILE = './var/run/secrets/istio/root-cert.pem'
const DAY_MS = 86_400_000

/**
 * Reads where the identity comes from out of the environment that Istio's injector sets, so that a pod template made
 * for Istio's agent fits. undefined without `CA_ADDR`: the proxy then has no identity of its own.
 *
 * | variable | meaning | default |
 * |---|---|---|
 * | `CA_ADDR` | address of the CA; port 15010 is plain text, as in Istio | |
 * | `CA_ROOT_CA` | roots of the CA's own certificate | `./var/run/secrets/istio/root-cert.pem` |
 * | `CA_SNI` | name to verify in the CA's certificate | the host of `CA_ADDR` |
 * | `CA_PLAINTEXT` | `true`: no TLS to the CA, for development | `false` |
 * | `CA_TOKEN_FILE` | the service account token | `./var/run/secrets/tokens/istio-token` |
 * | `TRUST_DOMAIN`, `POD_NAMESPACE`, `SERVICE_ACCOUNT` | the SPIFFE ID | `cluster.local`, `default`, `default` |
 * | `ISTIO_META_CLUSTER_ID` | the Kubernetes cluster | `Kubernetes` |
 * | `SECRET_TTL`, `SECRET_GRACE_PERIOD_RATIO` | lifetime asked for; part left at renewal | `24h`, `0.5` |
 *
 * @throws BattenError PROXY_OPTION_INVALID
 * @see https://istio.io/latest/docs/reference/commands/pilot-agent/#envvars
 */
export function identityFromEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
): IdentityOptions | undefined {
  const read = (name: string) => environment[name] || undefined
  const address = read('CA_ADDR')
  if (address === undefined) return undefined
  const isPlaintext = read('CA_PLAINTEXT') === 'true' || address.endsWith(':15010')
  return {
    spiffeId: workloadSpiffeId({
      trustDomain: read('TRUST_DOMAIN') ?? 'cluster.local',
      namespace: read('POD_NAMESPACE') ?? 'default',
      serviceAccount: read('SERVICE_ACCOUNT') ?? 'default',
    }),
    ca: {
      address,
      transport: isPlaintext
        ? { kind: 'plaintext' }
        : { kind: 'tls', rootFile: read('CA_ROOT_CA') ?? DEFAULT_ROOT_FILE, serverName: read('CA_SNI') },
      tokenFile: read('CA_TOKEN_FILE') ?? DEFAULT_TOKEN_FILE,
      clusterId: read('ISTIO_META_CLUSTER_ID') ?? 'Kubernetes',
    },
    ttlMs: durationOf('SECRET_TTL', read('SECRET_TTL')) ?? DAY_MS,
    graceRatio: ratioOf('SECRET_GRACE_PERIOD_RATIO', read('SECRET_GRACE_PERIOD_RATIO')) ?? 0.5,
  }
}

function durationOf(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const ms = parseDurationMs(text)
  if (ms === undefined || ms <= 0) throw invalid(name, text, 'a duration such as 24h')
  return ms
}

function ratioOf(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const ratio = Number(text)
  if (!(ratio >= 0 && ratio <= 1)) throw invalid(name, text, 'a number from 0 to 1')
  return ratio
}

function invalid(name: string, text: string, expected: string): BattenError {
  return new BattenError('PROXY_OPTION_INVALID', {
    message: `${name} is ${JSON.stringify(text)}; it must be ${expected}`,
    where: name,
  })
}
