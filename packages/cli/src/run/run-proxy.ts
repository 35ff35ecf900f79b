import { runProxy } from '@batten/proxy'
import type { ProxyFlags } from '../commands/proxy.ts'

/** Runs a proxy until it ends; its exit code becomes ours. */
export async function runProxyCommand(flags: ProxyFlags): Promise<void> {
  const { config, logLevel, drainTimeS, parentWatch } = flags
  process.exitCode = await runProxy({ configPath: config, logLevel, drainTimeS, parentWatch })
}
