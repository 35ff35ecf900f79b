import { BattenError, errorMessage } from '@batten/core/errors'
import { buildApplication, buildRouteMap, run as runApplication } from '@stricli/core'
import { withoutAttachedValues } from './commands/attached-values.ts'
import { commands } from './commands/index.ts'
import { version } from './version.ts'

/** Exit codes of the command line, as istioctl's. */
export const EXIT = { ok: 0, unknown: 1, usage: 64, badData: 65, findings: 79 } as const

/** Runs `batten <argv>`; resolves when the command is done. Sets `process.exitCode`. */
export async function run(argv: readonly string[]): Promise<void> {
  // A reader such as `head` may go before everything is written.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit()
    throw error
  })
  const app = buildApplication(
    buildRouteMap({
      routes: commands,
      docs: { brief: 'Batten: a service mesh in TypeScript' },
    }),
    {
      name: 'batten',
      versionInfo: { currentVersion: version },
      scanner: { caseStyle: 'allow-kebab-for-camel', allowArgumentEscapeSequence: true },
      determineExitCode: () => EXIT.unknown,
    },
  )
  await runApplication(app, withoutAttachedValues(argv), { process })
  // Stricli reports wrong usage with negative codes; scripts expect sysexits' 64.
  if (Number(process.exitCode) < 0 || Number(process.exitCode) > 200) process.exitCode = EXIT.usage
}

/** Prints a failure for a person: sentence, place, hint; the stack only with `BATTEN_DEBUG`. */
export function printError(error: unknown): void {
  const text = error instanceof BattenError ? error.toString() : errorMessage(error)
  console.error(`× ${text}`)
  if (process.env.BATTEN_DEBUG && error instanceof Error) console.error(error.stack)
}
