import { createRequire } from 'node:module'
import { BattenError, errorMessage } from '@batten/core'

/**
 * Reads YAML or JSON. The YAML parser costs 8 MB and is loaded only when there is YAML: control planes and supervisors
 * write JSON.
 *
 * @param origin - the file, for errors
 * @throws BattenError `PROXY_BOOTSTRAP_UNREADABLE` with line and column
 */
export function parseYaml(text: string, origin: string): unknown {
  if (/^\s*\{/.test(text)) {
    try {
      return JSON.parse(text)
    } catch (thrown) {
      // A flow mapping of YAML begins like JSON.
      if (origin.endsWith('.json'))
        throw new BattenError('PROXY_BOOTSTRAP_UNREADABLE', { message: errorMessage(thrown), where: origin })
    }
  }
  const { parseDocument } = createRequire(import.meta.url)('yaml') as typeof import('yaml')
  const document = parseDocument(text, { prettyErrors: true, version: '1.2' })
  const problem = document.errors[0]
  if (problem !== undefined) {
    const position = problem.linePos?.[0]
    throw new BattenError('PROXY_BOOTSTRAP_UNREADABLE', {
      message: problem.message.split(' at line ')[0]!,
      where: position === undefined ? origin : `${origin}:${position.line}:${position.col}`,
    })
  }
  // Aliases that multiply would let a small file fill the memory.
  return document.toJS({ maxAliasCount: 1000 }) ?? {}
}
