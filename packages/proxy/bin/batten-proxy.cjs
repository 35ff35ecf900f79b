#!/usr/bin/env -S MALLOC_ARENA_MAX=1 MALLOC_MMAP_THRESHOLD_=20480 MALLOC_TOP_PAD_=0 node --max-semi-space-size=1 --v8-pool-size=1 --no-maglev --no-sparkplug --optimize-for-size --incremental-marking-soft-trigger=25 --no-node-snapshot
// What the flags are for: docs/adr/0010-memory-of-a-sidecar.md in the repository.
const [major, minor] = process.versions.node.split('.').map(Number)
if (major > 22 || (major === 22 && minor >= 19)) require('../dist/bundle/batten-proxy.cjs')
else {
  process.stderr.write(
    `batten-proxy needs Node 22.19 or newer, and ${process.execPath} is ${process.versions.node}   [NODE_VERSION]\n` +
      '  hint: put a newer one first on the PATH; `npm install node` brings one\n',
  )
  process.exitCode = 69
}
