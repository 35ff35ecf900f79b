import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { type KubernetesObject, toYaml } from '@batten/api'
import { BattenError, errorMessage } from '@batten/core'
import type { RenderFlags } from '../commands/render.ts'
import { EXIT, printError } from '../main.ts'
import { RenderFailure } from './render-failure.ts'
import { renderedObjects } from './render-objects.ts'

/** Prints the objects that TypeScript files export. */
export async function runRender(flags: RenderFlags, ...files: string[]): Promise<void> {
  try {
    const objects: KubernetesObject[] = []
    for (const file of files) objects.push(...(await renderedObjects(file)))
    write(textOf(objects, flags.output), flags.out)
  } catch (error) {
    if (error instanceof RenderFailure) {
      console.error(error.print())
      if (process.env['BATTEN_DEBUG'] && error.cause instanceof Error) console.error(error.cause.stack)
    } else printError(error)
    const isUsage = error instanceof BattenError && error.code === 'CLI_INPUT'
    process.exitCode = isUsage ? EXIT.usage : EXIT.badData
  }
}

function textOf(objects: readonly KubernetesObject[], output: RenderFlags['output']): string {
  if (output === 'yaml') return toYaml(objects)
  const [first, ...others] = objects
  const json = others.length === 0 ? first : { apiVersion: 'v1', kind: 'List', items: objects }
  return `${JSON.stringify(json, null, 2)}\n`
}

/** Writes a text to a file, whose folder is made, or to standard output. */
function write(text: string, file: string | undefined): void {
  if (file === undefined) {
    process.stdout.write(text)
    return
  }
  try {
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
  } catch (error) {
    throw new BattenError('CLI_INPUT', {
      message: `cannot write ${file}: ${errorMessage(error)}`,
      cause: error,
    })
  }
}
