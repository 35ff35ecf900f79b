import { relative } from 'node:path'
import { emitKeypressEvents } from 'node:readline'
import pc from 'picocolors'
import type { DevFlags } from '../commands/dev.ts'
import { EXIT, printError } from '../main.ts'
import { renderTable } from './banner.ts'
import { type DevMesh, startDev } from './dev-mesh.ts'
import { renderFindings } from './findings.ts'
import { isWorthALook, readableLog } from './log-line.ts'
import { RepeatedLines } from './repeated-lines.ts'

const NOTICE = { success: pc.green('√'), info: pc.dim('·'), warning: pc.yellow('‼'), error: pc.red('×') }

const NPM_POLL_MS = 250
/** When somebody who waits for the end wants to know what is still there. */
const SLOW_STOP_MS = 1500
/** npm hands on a signal that its program has had already: the second one is no second wish. */
const SAME_WISH_MS = 300

/** Runs `batten dev` until `q`, Ctrl-C, SIGTERM or SIGHUP. */
export async function runDev(flags: DevFlags, folder = '.'): Promise<void> {
  const stopped = stopRequest()
  const started = performance.now()
  let mesh: DevMesh
  try {
    mesh = await startDev({
      folder,
      gatewayPort: flags.gatewayPort,
      proxy: flags.proxy,
      signal: stopped.signal,
      events: {
        output: (child, line, stream) => printOutput(flags.verbose, child, line, stream),
        findings: (added, all) => {
          if (added.length > 0) console.log(renderFindings(added, process.cwd()))
          else if (all.length === 0) console.log(`${pc.green('√')} no findings`)
          else
            console.log(
              `${NOTICE.info} ${all.length} of the findings are left: see /debug/findings of the control plane`,
            )
        },
        notice: (message, severity) => console.log(`${NOTICE[severity]} ${message}`),
      },
    })
  } catch (error) {
    if (stopped.signal.aborted) console.log('stopped')
    else {
      printError(error)
      process.exitCode = EXIT.unknown
    }
    stopped.release()
    return
  }
  console.log(`\n${renderTable(mesh.addresses())}\n`)
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  const keys = process.stdin.isTTY ? ', q stops' : ''
  const without = mesh.late.length === 0 ? '' : `, but not ${mesh.late.join(', ')}`
  console.log(
    `ready in ${seconds} s${without}; watching ${mesh.project.configPaths.map((p) => relative(process.cwd(), p) || '.').join(', ')}${keys}`,
  )
  await whenAborted(stopped.signal)
  console.log('stopping')
  stopped.again(() => mesh.kill())
  const slow = setTimeout(() => {
    const how = process.stdin.isTTY ? 'Ctrl-C' : 'another signal'
    console.log(`waiting for ${mesh.ending.join(', ')}; ${how} ends them at once`)
  }, SLOW_STOP_MS)
  await mesh.close()
  clearTimeout(slow)
  stopped.release()
}

/** Output that may wait for somebody who reads slowly, e.g. a pager. The mesh does not wait, and memory has an end. */
const MAX_WAITING_BYTES = 1024 * 1024
let leftOut = 0

function printLine(child: string, text: string): void {
  if (process.stdout.writableLength > MAX_WAITING_BYTES) {
    leftOut++
    return
  }
  if (leftOut > 0)
    console.log(`${NOTICE.warning} ${leftOut} lines are left out: they came faster than they were read`)
  leftOut = 0
  console.log(`${pc.dim(`${child} |`)} ${text}`)
}

const ofParts = new RepeatedLines(printLine)

/** Output of the applications is shown; proxies and the control plane only say what is worth a look, unless verbose. */
function printOutput(verbose: boolean, child: string, line: string, stream: 'stdout' | 'stderr'): void {
  const isPart = child === 'control plane' || child.startsWith('sidecar ') || child === 'gateway'
  if (!isPart || verbose) printLine(child, line)
  else if (stream === 'stderr' && isWorthALook(line)) ofParts.line(child, readableLog(line))
}

function whenAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}

interface StopRequest {
  /** Aborts when somebody wants the mesh to stop. */
  readonly signal: AbortSignal
  /** Calls back when somebody wants it once more, and does not want to wait. */
  again(callback: () => void): void
  release(): void
}

function stopRequest(): StopRequest {
  const controller = new AbortController()
  let again = () => {}
  let stoppedAt = 0
  const stop = () => {
    if (!controller.signal.aborted) {
      stoppedAt = performance.now()
      controller.abort()
    } else if (performance.now() - stoppedAt > SAME_WISH_MS) again()
  }
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  for (const signal of signals) process.on(signal, stop)
  const npmWatch = watchNpm(stop)
  const onKey = (text: string | undefined, key: { name?: string; ctrl?: boolean }) => {
    if (text === 'q' || (key.ctrl && key.name === 'c')) stop()
  }
  if (process.stdin.isTTY) {
    emitKeypressEvents(process.stdin)
    process.stdin.setRawMode(true)
    process.stdin.on('keypress', onKey)
  }
  return {
    signal: controller.signal,
    again(callback) {
      again = callback
    },
    release() {
      clearInterval(npmWatch)
      for (const signal of signals) process.off(signal, stop)
      if (!process.stdin.isTTY) return
      process.stdin.off('keypress', onKey)
      process.stdin.setRawMode(false)
      process.stdin.pause()
    },
  }
}

/**
 * npm runs scripts in a shell that it hands SIGTERM to, and that shell does not hand it on: a program that `npm start`
 * or `npx` started has to see by itself that the shell is gone.
 */
function watchNpm(gone: () => void): NodeJS.Timeout | undefined {
  if (process.env.npm_command === undefined) return undefined
  const parent = process.ppid
  const timer = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(timer)
    gone()
  }, NPM_POLL_MS)
  return timer.unref()
}
