/**
 * Thread that imports a configuration file: in a thread of its own nothing that the file imports is left over from the
 * last time. Answers with what the file exports, and with the files that belong to it.
 */
import { registerHooks } from 'node:module'
import { parentPort, workerData } from 'node:worker_threads'
import { errorMessage } from '@batten/core/errors'

/** What the thread answers: the export, or why there is none. */
export type ConfigAnswer = {
  /** The file itself and what it imports, without packages. */
  readonly files: readonly string[]
} & (
  | { readonly exported: unknown }
  | { readonly exportedType: string }
  | { readonly problem: string; readonly code: string | undefined }
)

const { url } = workerData as { readonly url: string }
const files: string[] = []

registerHooks({
  load(file, context, next) {
    if (file.startsWith('file:') && !file.includes('/node_modules/')) files.push(file)
    return next(file, context)
  },
})

async function answer(): Promise<ConfigAnswer> {
  try {
    const exported = ((await import(url)) as { default?: unknown }).default
    return typeof exported === 'object' && exported !== null
      ? { files, exported }
      : { files, exportedType: typeof exported }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : undefined
    return { files, problem: errorMessage(error), code }
  }
}

const result = await answer()
try {
  parentPort?.postMessage(result)
} catch (error) {
  // Functions and the like cannot be handed over.
  parentPort?.postMessage({ files, problem: errorMessage(error), code: undefined } satisfies ConfigAnswer)
}
