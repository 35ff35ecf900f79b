import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Where other people's configuration is, when this checkout has it beside it. */
export const CORPUS =
  process.env['BATTEN_CORPUS'] ?? fileURLToPath(new URL('../../../../shared/corpus/istio', import.meta.url))

/** Whether the corpus is there. Tests that need it are left out otherwise. */
export const hasCorpus = existsSync(CORPUS)

/** Text of a file of the corpus. */
export function corpusText(path: string): string {
  return readFileSync(join(CORPUS, path), 'utf8')
}

/** YAML files below a folder of the corpus, as paths of {@link corpusText}. */
export function corpusFiles(folder: string): string[] {
  if (!hasCorpus) return []
  return readdirSync(join(CORPUS, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => join(folder, name))
    .sort()
}
