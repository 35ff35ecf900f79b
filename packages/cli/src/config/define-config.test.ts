import { describe, expect, it } from 'vitest'
import { commandFor, defineConfig } from './define-config.ts'

const config = defineConfig({
  workloads: {
    '*': { command: ['node', 'any.ts'] },
    'reviews-*': { command: ['node', 'reviews.ts'] },
    'reviews-v3': { command: ['node', 'red.ts'] },
  },
})

describe('commandFor', () => {
  it.each([
    ['details-v1', 'any.ts'],
    ['reviews-v1', 'reviews.ts'],
    ['reviews-v3', 'red.ts'],
    ['my-reviews-v1', 'any.ts'],
  ])('runs %s by the longest pattern that matches: %s', (deployment, script) => {
    expect(commandFor(config, deployment)).toEqual({ command: ['node', script] })
  })

  it('knows nothing of a Deployment that no pattern matches', () => {
    expect(commandFor({ workloads: { 'a.c': { command: ['node', 'x'] } } }, 'abc')).toBeUndefined()
  })
})
