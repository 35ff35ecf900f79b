#!/usr/bin/env -S MALLOC_ARENA_MAX=1 MALLOC_TRIM_THRESHOLD_=65536 node --max-semi-space-size=2 --v8-pool-size=1 --no-maglev --memory-saver-mode
// What the flags are for: docs/adr/0010-memory-of-a-sidecar.md in the repository.
import '../dist/bundle/batten-proxy.js'
