import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

const PROGRAM = fileURLToPath(new URL('../../packages/proxy/bin/batten-proxy.cjs', import.meta.url))
const BUILT = fileURLToPath(new URL('../../packages/proxy/dist/bundle/batten-proxy.cjs', import.meta.url))

/**
 * The command of our proxy as it is shipped: the first line of the program says with which settings Node runs it.
 *
 * @throws Error when it is not built
 */
export async function battenProxy(): Promise<readonly string[]> {
  if (!existsSync(BUILT)) throw new Error('the proxy is not built: npm run build')
  const [firstLine = ''] = (await readFile(PROGRAM, 'utf8')).split('\n')
  const [, settings] = firstLine.split(' -S ')
  const words = settings!.split(' ').map((word) => (word === 'node' ? process.execPath : word))
  return ['env', ...words, PROGRAM]
}
