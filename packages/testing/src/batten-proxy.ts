import { createProxy } from '@batten/proxy'
import type { ProxyUnderTest } from './differential/proxy-under-test.ts'

/** Starts Batten's proxy in this process with a bootstrap file; resolves when it is live. */
export async function startBatten(bootstrapFile: string): Promise<ProxyUnderTest> {
  const proxy = createProxy({ bootstrap: { path: bootstrapFile }, drainTimeMs: 1000 })
  await proxy.start()
  await proxy.ready
  return { name: 'batten', close: () => proxy.close() }
}
