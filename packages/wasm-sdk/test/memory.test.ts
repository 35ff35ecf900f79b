import { runFilter } from '@batten/proxy/wasm'
import { expect, it } from 'vitest'
import { builtFilter } from './support/built-filter.ts'
import { TestHost } from './support/guest.ts'

it('does not grow: the memory of a filter stays what a few requests need', async () => {
  const host = new TestHost()
  const plugin = host.plugin(await builtFilter('body'))
  const body = 'word '.repeat(2000)
  const run = () => runFilter(plugin, { request: { method: 'POST', body }, response: { body } })
  for (let i = 0; i < 200; i++) await run()
  const settled = plugin.memoryBytes
  for (let i = 0; i < 2000; i++) await run()
  expect(plugin.memoryBytes).toBeLessThanOrEqual(settled * 2)
  expect(plugin.failure).toBeUndefined()
}, 60_000)
