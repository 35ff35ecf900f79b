/** Collects the tagged comments `Differs from Envoy|Istio|spec:` of all sources into docs/compatibility.md. */
import { readFileSync, writeFileSync } from 'node:fs'
import { sourceFiles } from './source-files.ts'

interface Difference {
  readonly from: string
  readonly text: string
  readonly file: string
}

const TAG = /Differs from (Envoy|Istio|spec|Kubernetes): /

/** The tagged paragraph: from the tag to the end of the sentence's paragraph in the comment. */
function differencesIn(file: string): Difference[] {
  const lines = readFileSync(file, 'utf8').split('\n')
  const found: Difference[] = []
  for (let i = 0; i < lines.length; i++) {
    const tag = TAG.exec(lines[i]!)
    if (tag === null || !/^\s*(\/\*\*?|\*|\/\/)/.test(lines[i]!)) continue
    const text = [lines[i]!.slice(tag.index + tag[0].length)]
    while (i + 1 < lines.length) {
      const next = /^\s*(?:\*|\/\/)\s?(.*)$/.exec(lines[i + 1]!)
      if (
        next === null ||
        next[1]!.trim() === '' ||
        next[1]!.startsWith('/') ||
        next[1]!.startsWith('@') ||
        TAG.test(next[1]!)
      )
        break
      text.push(next[1]!.trim())
      i++
    }
    const sentence = text
      .join(' ')
      .replace(/\s*\*\/\s*$/, '')
      .replace(/\{@link (\w+)\}/g, '`$1`')
      .trim()
    found.push({ from: tag[1]!, text: sentence.charAt(0).toUpperCase() + sentence.slice(1), file })
  }
  return found
}

const all = ['packages']
  .flatMap((folder) => sourceFiles(folder))
  .sort()
  .flatMap(differencesIn)
const parts = [
  '# Compatibility',
  '',
  'Where Batten differs on purpose, collected from the sources by `npm run generate`. Everything else that differs from the named project is a defect.',
]
for (const [from, title] of [
  ['Envoy', 'From Envoy'],
  ['Istio', 'From Istio'],
  ['spec', 'From the Proxy-Wasm specification (Envoy’s behaviour wins)'],
  ['Kubernetes', 'From Kubernetes'],
] as const) {
  const rows = all.filter((difference) => difference.from === from)
  if (rows.length === 0) continue
  parts.push('', `## ${title}`, '')
  for (const { text, file } of rows) parts.push(`- ${text} ([${file.replace('packages/', '')}](../${file}))`)
}
writeFileSync('docs/compatibility.md', `${parts.join('\n')}\n`)
