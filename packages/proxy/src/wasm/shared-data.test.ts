import { expect, it } from 'vitest'
import { SharedData } from './shared-data.ts'

const value = (text: string) => Buffer.from(text)

it('keeps values by vm_id', () => {
  const data = new SharedData()
  data.set('a', 'key', value('1'), 0)
  expect(data.get('a', 'key')).toEqual({ value: value('1'), cas: 1 })
  expect(data.get('b', 'key')).toBeUndefined()
})

it('writes over the version that was read, or not at all', () => {
  const data = new SharedData()
  expect(data.set('a', 'key', value('1'), 7)).toBe(true)
  const { cas } = data.get('a', 'key')!
  expect(data.set('a', 'key', value('2'), cas)).toBe(true)
  expect(data.set('a', 'key', value('3'), cas)).toBe(false)
  expect(data.set('a', 'key', value('4'), 0)).toBe(true)
  expect(data.get('a', 'key')?.value).toEqual(value('4'))
})

it('has a limit', () => {
  const data = new SharedData()
  const large = new Uint8Array(40 * 1024 * 1024)
  expect(data.set('a', 'one', large, 0)).toBe(true)
  expect(data.set('a', 'two', large, 0)).toBe(false)
  expect(data.set('a', 'one', new Uint8Array(1), 0)).toBe(true)
  expect(data.set('a', 'two', large, 0)).toBe(true)
})

it('hands items over in order, and tells the VM that registered the queue last', () => {
  const data = new SharedData()
  const told: string[] = []
  const id = data.registerQueue('a', 'jobs', () => told.push('first'))
  expect(data.registerQueue('a', 'jobs', () => told.push('second'))).toBe(id)
  expect(data.resolveQueue('a', 'jobs')).toBe(id)
  expect(data.resolveQueue('b', 'jobs')).toBeUndefined()
  data.enqueue(id, value('x'))
  data.enqueue(id, value('y'))
  expect(told).toEqual(['second', 'second'])
  expect([data.dequeue(id), data.dequeue(id), data.dequeue(id)]).toEqual([value('x'), value('y'), 'empty'])
  expect(data.dequeue(99)).toBeUndefined()
  expect(data.enqueue(99, value('z'))).toBe(false)
})

it('forgets everything with the last VM of an id', () => {
  const data = new SharedData()
  data.retain('a')
  data.retain('a')
  data.set('a', 'key', value('1'), 0)
  const id = data.registerQueue('a', 'jobs', () => {})
  data.release('a')
  expect(data.get('a', 'key')).toBeDefined()
  data.release('a')
  expect(data.get('a', 'key')).toBeUndefined()
  expect(data.dequeue(id)).toBeUndefined()
})
