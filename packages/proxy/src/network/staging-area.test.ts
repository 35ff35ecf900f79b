import { expect, it } from 'vitest'
import { BULK_BUFFER_BYTES } from './read-buffer.ts'
import { StagingArea } from './staging-area.ts'

it('hands out parts one behind the other, and its beginning again when nobody uses it any more', () => {
  const area = new StagingArea()
  expect([area.take(10), area.take(20)]).toEqual([0, 0])
  const { buffer } = area
  buffer.retain()
  expect([area.take(5), area.take(5)]).toEqual([20, 25])
  expect([area.extend(buffer, 30, 7), area.extend(buffer, 30, 7), area.take(1)]).toEqual([true, false, 37])
  buffer.release()
  expect([area.take(3), area.buffer === buffer]).toEqual([0, true])
})

it('takes another buffer when the first is full, and never moves a part that is in use', () => {
  const area = new StagingArea()
  area.take(10)
  const first = area.buffer
  first.retain()
  first.bytes.fill('a', 0, 10)
  expect(area.extend(first, 10, BULK_BUFFER_BYTES)).toBe(false)
  for (let i = 0; i < 20; i++) {
    const start = area.take(20_000)
    area.buffer.retain()
    area.buffer.bytes.fill('b', start, start + 20_000)
  }
  expect(area.buffer).not.toBe(first)
  expect(first.bytes.toString('latin1', 0, 11)).toBe('aaaaaaaaaab')
})
