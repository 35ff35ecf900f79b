import { expect, it } from 'vitest'
import { BodyWindow } from './body-window.ts'

const bytes = (text: string) => Buffer.from(text)
const text = (chunk: Uint8Array | undefined) =>
  chunk === undefined ? undefined : Buffer.from(chunk).toString()

it('passes what the guest did not change without a copy', () => {
  const window = new BodyWindow()
  window.open(bytes('abc'))
  expect(text(window.bytes)).toBe('abc')
  expect(window.pass()).toBeUndefined()
  expect(window.bytes).toBeUndefined()
})

it('passes what the guest made of a chunk', () => {
  const window = new BodyWindow()
  window.open(bytes('abc'))
  window.change(bytes('ABC'))
  expect(text(window.pass())).toBe('ABC')
  window.open(bytes('def'))
  expect(window.pass()).toBeUndefined()
})

it('shows a changed beginning again when more has been collected behind the original', () => {
  const window = new BodyWindow()
  window.open(bytes('abc'))
  window.change(bytes('A'))
  window.collect()
  expect(window.isCollecting).toBe(true)
  expect(text(window.held)).toBe('A')
  window.open(bytes('abcdef'))
  expect(text(window.bytes)).toBe('Adef')
  window.collect()
  expect(text(window.takeHeld())).toBe('Adef')
  expect(window.isCollecting).toBe(false)
})

it('keeps what was changed while it is collected, outside of any callback', () => {
  const window = new BodyWindow()
  window.open(bytes('abc'))
  window.collect()
  window.hold(bytes('x'))
  window.open(bytes('abcd'))
  expect(text(window.pass())).toBe('xd')
})
