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
      if (origin.endsWith('.json')) throw unreadable(errorMessage(thrown), origin, undefined)
    }
  }
  const { isAlias, LineCounter, parseDocument, visit } = createRequire(import.meta.url)(
    'yaml',
  ) as typeof import('yaml')
  const lineCounter = new LineCounter()
  const document = parseDocument(text, { prettyErrors: true, version: '1.2', lineCounter })
  const problem = document.errors[0]
  if (problem !== undefined) {
    const position = problem.linePos?.[0]
    throw unreadable(problem.message.split(' at line ')[0]!, origin, position)
  }
  visit(document, {
    Node(_key, node) {
      if (!isAlias(node) || node.resolve(document) !== undefined) return
      throw unreadable(
        `*${node.source} refers to nothing: no &${node.source} stands before it`,
        origin,
        lineCounter.linePos(node.range![0]),
      )
    },
  })
  try {
    // Aliases that multiply would let a small file fill the memory.
    return document.toJS({ maxAliasCount: 1000 }) ?? {}
  } catch (thrown) {
    throw unreadable(errorMessage(thrown), origin, undefined)
  }
}

function unreadable(
  message: string,
  origin: string,
  position: { readonly line: number; readonly col: number } | undefined,
): BattenError {
  const where = position === undefined ? origin : `${origin}:${position.line}:${position.col}`
  return new BattenError('PROXY_BOOTSTRAP_UNREADABLE', { message, where })
}
