import { request } from 'node:http'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ProbeResult } from './liveness.ts'

const POLL_MS = 50

/** Resolves when a GET answers 200; rejects when the signal aborts, saying what was seen last. */
export async function waitForHttp(url: string, signal: AbortSignal): Promise<void> {
  await poll(`${url}`, signal, () => httpStatus(url))
}

/** Resolves when something accepts connections on a loopback port. */
export async function waitForPort(port: number, signal: AbortSignal): Promise<void> {
  await poll(`127.0.0.1:${port}`, signal, () => accepts(port))
}

/** Whether the process behind a page still does anything; see {@link ProbeResult}. */
export function probeHttp(url: string, timeoutMs: number): Promise<ProbeResult> {
  return new Promise((resolve) => {
    const req = request(url, { timeout: timeoutMs, agent: false }, (res) => {
      res.resume()
      resolve('answers')
    })
    req.on('timeout', () => {
      resolve('hangs')
      req.destroy()
    })
    req.on('error', () => resolve('down'))
    req.end()
  })
}

async function poll(
  what: string,
  signal: AbortSignal,
  probe: () => Promise<string | undefined>,
): Promise<void> {
  for (;;) {
    const problem = await probe()
    if (problem === undefined) return
    try {
      await sleep(POLL_MS, undefined, { signal })
    } catch {
      throw new Error(`${what}: ${problem}`)
    }
  }
}

function httpStatus(url: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const req = request(url, { timeout: 2000, agent: false }, (res) => {
      let text = ''
      res.setEncoding('utf8')
      res.on('data', (chunk: string) => (text += chunk))
      res.on('end', () =>
        resolve(res.statusCode === 200 ? undefined : `status ${res.statusCode} ${text.trim().slice(0, 500)}`),
      )
      res.on('error', (error) => resolve(error.message))
    })
    req.on('timeout', () => req.destroy(new Error('no answer')))
    req.on('error', (error) => resolve(error.message))
    req.end()
  })
}

/** Those of the ports on which a proxy has no listener; none when it does not say. */
export async function missingListeners(
  adminPort: number,
  ports: readonly number[],
  signal: AbortSignal,
): Promise<number[]> {
  try {
    const answer = await fetch(`http://127.0.0.1:${adminPort}/listeners`, { signal })
    const text = await answer.text()
    return ports.filter((port) => !new RegExp(`:${port}$`, 'm').test(text))
  } catch {
    return []
  }
}

/** Whether something accepts connections on a loopback port. */
export async function acceptsConnections(port: number): Promise<boolean> {
  return (await accepts(port)) === undefined
}

function accepts(port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(undefined)
    })
    socket.once('error', (error) => resolve(error.message))
  })
}
