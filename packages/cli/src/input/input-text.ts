import { closeSync, openSync, readFileSync, readSync, statSync } from 'node:fs'
import { BattenError } from '@batten/core'

/** Bytes of one file or of standard input: ten times what the objects of a large cluster have. */
const MAX_BYTES = 256 * 1024 * 1024

const CHUNK_BYTES = 64 * 1024

/**
 * Reads a file.
 *
 * @throws BattenError `CLI_INPUT` when it is too large or no text; what the system says is thrown as it is.
 */
export function readTextFile(file: string): string {
  const stats = statSync(file)
  if (stats.size > MAX_BYTES) throw tooLarge(file)
  return decodedText(file, stats.isFile() ? readFileSync(file) : streamBytes(file))
}

/** What comes out of a pipe or a device, whose size nobody knows before. */
function streamBytes(file: string): Buffer {
  const descriptor = openSync(file, 'r')
  try {
    const chunks: Buffer[] = []
    for (let size = 0; size <= MAX_BYTES; ) {
      const chunk = Buffer.alloc(CHUNK_BYTES)
      const read = readSync(descriptor, chunk)
      if (read === 0) return Buffer.concat(chunks)
      chunks.push(chunk.subarray(0, read))
      size += read
    }
  } finally {
    closeSync(descriptor)
  }
  throw tooLarge(file)
}

/**
 * Reads standard input to its end.
 *
 * @throws BattenError `CLI_INPUT` when it is too large or no text.
 */
export async function readStandardInput(input: AsyncIterable<unknown> = process.stdin): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of input) {
    size += (chunk as Buffer).length
    if (size > MAX_BYTES) throw tooLarge('standard input')
    chunks.push(chunk as Buffer)
  }
  return decodedText('standard input', Buffer.concat(chunks))
}

/**
 * Text of bytes: UTF-8, or UTF-16 with its mark, which PowerShell writes. Other bytes are refused as the API server
 * refuses them, instead of being replaced.
 *
 * @throws BattenError `CLI_INPUT` for bytes that are neither.
 */
export function decodedText(file: string, bytes: Uint8Array): string {
  const encoding = encodingOf(bytes)
  try {
    return new TextDecoder(encoding, { fatal: true, ignoreBOM: encoding === 'utf-8' }).decode(bytes)
  } catch (cause) {
    throw new BattenError('CLI_INPUT', {
      message: `cannot read ${file}: it is no ${encoding.toUpperCase()}`,
      hint: 'save it as UTF-8; compressed and binary files are not read',
      cause,
    })
  }
}

function encodingOf([first, second]: Uint8Array): 'utf-8' | 'utf-16le' | 'utf-16be' {
  if (first === 0xff && second === 0xfe) return 'utf-16le'
  return first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8'
}

function tooLarge(file: string): BattenError {
  return new BattenError('CLI_INPUT', {
    message: `cannot read ${file}: it has more than ${MAX_BYTES / 1024 / 1024} MiB`,
    hint: 'split it into several files',
  })
}
