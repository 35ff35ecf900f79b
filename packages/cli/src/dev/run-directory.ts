import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { BattenError, errorMessage } from '@batten/core'

/**
 * The folder of one run: generated configuration, certificates, tokens, sockets. Only its owner can read it, and it
 * is gone when the run ends.
 */
export class RunDirectory {
  readonly path: string

  constructor() {
    try {
      this.path = mkdtempSync(join(tmpdir(), 'batten-'))
    } catch (error) {
      throw new BattenError('CLI_NO_TEMPORARY_FOLDER', {
        message: `cannot make a folder for the files of this run: ${errorMessage(error)}`,
        hint: 'set TMPDIR to a folder that exists, can be written, and has room',
        cause: error,
      })
    }
    chmodSync(this.path, 0o700)
  }

  /** A path inside; its folder is made. */
  resolve(...parts: string[]): string {
    const path = join(this.path, ...parts)
    mkdirSync(dirname(path), { recursive: true })
    return path
  }

  /** Writes a file at once: a reader sees the old or the new content, never a part. */
  write(relative: string, content: string): string {
    const path = this.resolve(relative)
    writeFileSync(`${path}.tmp`, content, { mode: 0o600 })
    renameSync(`${path}.tmp`, path)
    return path
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true })
  }
}
