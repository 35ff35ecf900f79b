/**
 * The thread in which filters are compiled: a compile takes from 0.2 to 3 seconds of CPU, and the compiler ends its
 * process when it crashes, which here ends only the thread.
 */
import { parentPort } from 'node:worker_threads'
import { type CompileRequest, type CompileResult, compileFilter } from './compile-filter.ts'

export interface CompileMessage {
  readonly id: number
  readonly request: CompileRequest
}

export interface CompileReply {
  readonly id: number
  readonly result: CompileResult
}

/** What the compiler prints before it ends its process because of a mistake of its own. */
export interface CrashReport {
  readonly crash: string
}

const port = parentPort
if (port === null) throw new Error('compile-worker runs in a worker thread')
function reportCrash(...parts: unknown[]): void {
  const report: CrashReport = { crash: parts.join(' ') }
  port?.postMessage(report)
}
// The compiler's own declarations hide the members of the global console.
Object.assign(globalThis.console, { error: reportCrash })
port.on('message', async ({ id, request }: CompileMessage) => {
  const result = await compileFilter(request)
  const reply: CompileReply = { id, result }
  port.postMessage(reply, result.wasm === undefined ? [] : [result.wasm.buffer])
})
