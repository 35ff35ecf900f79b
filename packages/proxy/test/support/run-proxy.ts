/** A process that is a proxy: `run-proxy.ts <options as JSON>`. Stands for `batten proxy` in tests of this package. */
import { runProxy } from '../../src/main.ts'

process.exitCode = await runProxy(JSON.parse(process.argv[2] ?? '{}'))
