import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { ALLOCATOR, NODE_FLAGS } from './proxy-command.ts'

describe('the command of a proxy', () => {
  it('starts Node as the program of the proxy asks for', () => {
    const program = readFileSync(new URL('../../../proxy/bin/batten-proxy.cjs', import.meta.url), 'utf8')
    const environment = Object.entries(ALLOCATOR).map(([name, value]) => `${name}=${value}`)
    expect(program.split('\n')[0]).toBe(
      `#!/usr/bin/env -S ${[...environment, 'node', ...NODE_FLAGS].join(' ')}`,
    )
  })
})
