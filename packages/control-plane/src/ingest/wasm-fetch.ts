import { createHash } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { BattenError, errorMessage } from '@batten/core'

/** The part of the WebAssembly API that is used; TypeScript has its types only together with those of a browser. */
const engine = (globalThis as unknown as { readonly WebAssembly: { validate(bytes: Uint8Array): boolean } })
  .WebAssembly

/** Limits of a fetch. */
export interface WasmFetchLimits {
  readonly maxBytes: number
  readonly timeoutMs: number
}

/** A module that was fetched and looks like one. */
export interface FetchedModule {
  readonly bytes: Uint8Array
  /** SHA-256, hexadecimal. */
  readonly sha256: string
}

const HTTP_SCHEMES: ReadonlySet<string> = new Set(['http:', 'https:'])

/**
 * Fetches a module from a `file://` or `http(s)://` URL, and checks its size, its SHA-256 (unless `expectedSha256` is
 * empty) and that it is WebAssembly at all.
 *
 * @throws BattenError `CP_WASM_UNAVAILABLE` that says what to do
 */
export async function fetchWasmModule(
  url: string,
  expectedSha256: string,
  limits: WasmFetchLimits,
  signal: AbortSignal,
): Promise<FetchedModule> {
  const bytes = await readBytes(url, limits, signal)
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  if (expectedSha256 !== '' && sha256 !== expectedSha256)
    throw unavailable(
      `${url} has SHA-256 ${sha256}, not ${expectedSha256}`,
      'correct `sha256`, or find out who replaced the module',
    )
  if (!isWasm(bytes)) throw unavailable(`${url} is no WebAssembly module`, 'give the URL of a .wasm file')
  if (!engine.validate(bytes))
    throw unavailable(
      `${url} is not a valid WebAssembly module: it is truncated or damaged`,
      'build or upload it again',
    )
  return { bytes, sha256 }
}

/** Path of a `file://` URL; undefined for other URLs. */
export function filePathOf(url: string): string | undefined {
  if (!url.startsWith('file://')) return undefined
  try {
    return fileURLToPath(url)
  } catch {
    return undefined
  }
}

async function readBytes(url: string, limits: WasmFetchLimits, signal: AbortSignal): Promise<Uint8Array> {
  const path = filePathOf(url)
  if (path !== undefined) return readFileBytes(url, path, limits)
  let parsed: URL
  try {
    parsed = new URL(url)
  } catch {
    throw unavailable(`${url} is no URL`, 'use file:///path or https://host/path')
  }
  if (HTTP_SCHEMES.has(parsed.protocol)) return download(url, limits, signal)
  throw unavailable(
    `modules cannot be fetched from ${parsed.protocol}// yet`,
    'use an http(s):// or file:// URL for now',
  )
}

async function readFileBytes(url: string, path: string, { maxBytes }: WasmFetchLimits): Promise<Uint8Array> {
  try {
    const { size } = await stat(path)
    if (size > maxBytes) throw tooLarge(url, maxBytes)
    return new Uint8Array(await readFile(path))
  } catch (thrown) {
    if (thrown instanceof BattenError) throw thrown
    const code = (thrown as NodeJS.ErrnoException).code
    if (code === 'ENOENT')
      throw unavailable(`there is no file ${path}`, 'build the filter, or correct the url')
    throw unavailable(`cannot read ${path}: ${errorMessage(thrown)}`)
  }
}

async function download(
  url: string,
  { maxBytes, timeoutMs }: WasmFetchLimits,
  signal: AbortSignal,
): Promise<Uint8Array> {
  try {
    const response = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]) })
    if (!response.ok) {
      await response.body?.cancel()
      throw unavailable(`${url} answered ${response.status}`, 'see whether the URL can be opened from here')
    }
    const chunks: Uint8Array[] = []
    let size = 0
    for await (const chunk of response.body ?? []) {
      size += chunk.byteLength
      if (size > maxBytes) throw tooLarge(url, maxBytes)
      chunks.push(chunk)
    }
    return new Uint8Array(Buffer.concat(chunks))
  } catch (thrown) {
    if (thrown instanceof BattenError) throw thrown
    const reason =
      thrown instanceof Error && thrown.name === 'TimeoutError'
        ? `no answer within ${timeoutMs / 1000} s`
        : errorMessage(thrown instanceof Error && thrown.cause !== undefined ? thrown.cause : thrown)
    throw unavailable(`cannot fetch ${url}: ${reason}`, 'see whether the URL can be opened from here')
  }
}

function isWasm(bytes: Uint8Array): boolean {
  return bytes[0] === 0 && bytes[1] === 0x61 && bytes[2] === 0x73 && bytes[3] === 0x6d
}

function tooLarge(url: string, maxBytes: number): BattenError {
  return unavailable(`${url} is larger than the limit of ${maxBytes} bytes`, 'strip debug information')
}

function unavailable(message: string, hint?: string): BattenError {
  return new BattenError('CP_WASM_UNAVAILABLE', { message, hint })
}
