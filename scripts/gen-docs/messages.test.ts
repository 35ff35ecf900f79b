import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { messageTypes } from '../../packages/api/src/analyze/messages.ts'

it('every code of the analysis has a heading that its link leads to', () => {
  const page = readFileSync(new URL('../../docs/messages.md', import.meta.url), 'utf8')
  const anchors = new Set([...page.matchAll(/^### (\w+)$/gm)].map(([, heading]) => heading!.toLowerCase()))
  const own = messageTypes.filter(({ code }) => code.startsWith('BAT'))
  expect(own.filter(({ documentationUrl }) => !anchors.has(new URL(documentationUrl).hash.slice(1)))).toEqual(
    [],
  )
  expect(messageTypes.filter(({ code }) => !anchors.has(code.toLowerCase()))).toEqual([])
})
