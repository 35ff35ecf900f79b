/** Runs Batten's proxy with a bootstrap file: `node --conditions=@batten/source batten-proxy.ts bootstrap.json` */
import { runProxy } from '@batten/proxy'

process.exitCode = await runProxy({ configPath: process.argv[2], logLevel: 'warn', terminationDrainS: 0 })
