#!/usr/bin/env node
import module from 'node:module'
import { homedir } from 'node:os'
import { join } from 'node:path'

// What V8 compiles is kept for the next run, which halves the time to the first line of output. Node 22.8 has it.
// Not among the temporary files: a run leaves none behind.
const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'batten')
module.enableCompileCache?.(process.env.NODE_COMPILE_CACHE ?? cache)

const [major, minor] = process.versions.node.split('.').map(Number)
if (major > 22 || (major === 22 && minor >= 19)) {
  const { run } = await import('../dist/main.js')
  await run(process.argv.slice(2))
} else {
  process.stderr.write(
    `batten needs Node 22.19 or newer, and ${process.execPath} is ${process.versions.node}   [NODE_VERSION]\n` +
      '  hint: put a newer one first on the PATH; `npm install node` brings one\n',
  )
  process.exitCode = 69
}
