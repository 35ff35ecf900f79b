import { findKind, type KindInfo, kinds } from '@batten/api'
import { type ExplainSchema, explainCode, explainField, printExplanation } from '@batten/api/explain'
import { BattenError } from '@batten/core'
import { EXIT, printError } from '../main.ts'
import { jsonSchemaText } from './api-files.ts'

/** Prints what is known about a kind, a field or a code. */
export async function runExplain(_flags: Record<never, never>, what: string): Promise<void> {
  try {
    process.stdout.write(explanation(what))
  } catch (error) {
    printError(error)
    process.exitCode = EXIT.usage
  }
}

function explanation(what: string): string {
  const code = explainCode(what)
  if (code !== undefined) return code
  const found = kindAndPath(what)
  if (found === undefined) {
    const known = kinds.filter(hasSchema).map(({ kind }) => kind)
    throw new BattenError('CLI_KIND', {
      message: `"${what}" is no kind and no code`,
      hint: `kinds are ${[...new Set(known)].join(', ')}`,
    })
  }
  const { info, path } = found
  const schema = JSON.parse(jsonSchemaText(info)) as ExplainSchema
  return printExplanation(explainField(schema, info, path), Math.min(process.stdout.columns ?? 100, 120))
}

/** The kind may be followed by its group: `gateways.gateway.networking.k8s.io.spec`. */
function kindAndPath(what: string): { info: KindInfo; path: string[] } | undefined {
  const words = what.replaceAll(/\[\d*\]/g, '').split('.')
  for (let end = words.length; end > 0; end--) {
    const info = findKind(words.slice(0, end).join('.'))
    if (info !== undefined && hasSchema(info)) return { info, path: words.slice(end) }
  }
  return undefined
}

function hasSchema(info: KindInfo): boolean {
  return info.origin !== 'kubernetes'
}
