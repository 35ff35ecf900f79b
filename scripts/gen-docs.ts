/**
 * Writes the pages about messages and kinds from what the code knows: `docs/messages.md`, `docs/reference`.
 *
 * Run it with `npm run generate`, or alone: `node --conditions=@batten/source scripts/gen-docs.ts`.
 */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { messagesPage } from './gen-docs/messages.ts'
import { referencePages } from './gen-docs/reference.ts'

const REFERENCE = 'docs/reference'

writeFileSync('docs/messages.md', messagesPage())

const pages = referencePages()
mkdirSync(REFERENCE, { recursive: true })
for (const entry of readdirSync(REFERENCE, { recursive: true, withFileTypes: true })) {
  const path = join(entry.parentPath, entry.name)
  if (entry.isFile() && !pages.has(path.slice(REFERENCE.length + 1))) rmSync(path)
}
for (const [name, text] of pages) {
  const path = join(REFERENCE, name)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}
