import { expect, it } from 'vitest'
import { ViewCache } from './view-cache.ts'

it('gives views of the beginning of its buffer, the same one for the same length', () => {
  const buffer = Buffer.from(Array.from({ length: 1000 }, (_, i) => i & 255))
  const views = new ViewCache(buffer)
  // 65 and 129 take each other's place.
  for (const length of [0, 1, 65, 129, 65, 64, 1000, 65]) {
    const view = views.of(length)
    expect(Buffer.compare(view, buffer.subarray(0, length))).toBe(0)
    expect([view.buffer === buffer.buffer, views.of(length) === view]).toEqual([true, true])
  }
  buffer[0] = 7
  expect(views.of(65)[0]).toBe(7)
})
