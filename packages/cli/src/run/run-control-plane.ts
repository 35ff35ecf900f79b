import { type ControlPlane, runControlPlane } from '@batten/control-plane'
import { BattenError } from '@batten/core'
import type { ControlPlaneFlags } from '../commands/control-plane.ts'
import { printError } from '../main.ts'
import { parentGone } from './parent-watch.ts'

/** How long a request of the parent to be in step may take. */
const SYNC_TIMEOUT_MS = 20_000

/**
 * Runs a control plane until SIGTERM or SIGINT. A process that started it with an IPC channel hears of the findings
 * (`{ findings }`) and may ask it to take in the files as they are now (`{ sync }`), which it answers (`{ synced }`)
 * when every proxy has them.
 */
export async function runControlPlaneCommand(flags: ControlPlaneFlags): Promise<void> {
  const stop = new AbortController()
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop.abort())
  if (flags.parentWatch) parentGone(() => stop.abort())
  try {
    await runControlPlane({
      configPaths: flags.config,
      stateDirectory: flags.stateDir,
      host: flags.host,
      xdsPort: flags.xdsPort,
      tlsPort: flags.tlsPort,
      debugPort: flags.debugPort,
      logLevel: flags.logLevel,
      signal: stop.signal,
      onReady: answerSync,
      ...(process.send === undefined ? {} : { onFindings: (findings) => tell({ findings }) }),
    })
  } catch (error) {
    printError(BattenError.from(error))
    process.exitCode = 1
  }
  process.disconnect?.()
}

function answerSync(controlPlane: ControlPlane): void {
  process.on('message', async (message) => {
    if (typeof message !== 'object' || message === null || !('sync' in message)) return
    await controlPlane.refresh()
    await controlPlane.waitUntilServed(AbortSignal.timeout(SYNC_TIMEOUT_MS)).catch(() => {})
    tell({ synced: message.sync })
  })
  // The channel alone must not keep a process that is done alive.
  process.channel?.unref()
}

function tell(message: object): void {
  if (process.connected) process.send?.(message, () => {})
}
