import type { AnalysisMessage } from '../message.ts'
import { type Level, messageType } from '../messages.ts'

const LEVELS: Readonly<Record<Level, string>> = { Error: 'error', Warning: 'warning', Info: 'note' }

/** Options of {@link sarifOutput}. */
export interface SarifOptions {
  /** Version of the tool, for the log. */
  readonly version?: string
}

/**
 * Messages as a SARIF log, which code scanning of GitHub, GitLab and Azure DevOps reads. Lines and columns are those of
 * the files as they were named when they were read.
 *
 * @see https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
 */
export function sarifOutput(messages: readonly AnalysisMessage[], options: SarifOptions = {}): string {
  const codes = [...new Set(messages.map(({ code }) => code))].sort()
  const log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'batten analyze',
            informationUri: 'https://www.npmjs.com/package/@batten/api',
            ...(options.version === undefined ? {} : { version: options.version }),
            rules: codes.map(ruleOf),
          },
        },
        columnKind: 'utf16CodeUnits',
        results: messages.map((message) => resultOf(message, codes.indexOf(message.code))),
      },
    ],
  }
  return `${JSON.stringify(log, undefined, 2)}\n`
}

function ruleOf(code: string): unknown {
  const type = messageType(code)!
  return {
    id: code,
    name: type.name,
    shortDescription: { text: type.meaning },
    help: { text: type.hint },
    helpUri: type.documentationUrl,
    defaultConfiguration: { level: LEVELS[type.level] },
  }
}

function resultOf(message: AnalysisMessage, ruleIndex: number): unknown {
  const { code, level, origin, path, file, range, hint } = message
  const location = {
    ...(file === undefined
      ? {}
      : {
          physicalLocation: {
            artifactLocation: { uri: uriOf(file) },
            ...(range === undefined
              ? {}
              : {
                  region: {
                    startLine: range.line,
                    startColumn: range.column,
                    endLine: range.endLine,
                    endColumn: range.endColumn,
                  },
                }),
          },
        }),
    ...(origin === ''
      ? {}
      : {
          logicalLocations: [
            { fullyQualifiedName: `${origin}${path === '' ? '' : ` ${path}`}`, kind: 'object' },
          ],
        }),
  }
  return {
    ruleId: code,
    ruleIndex,
    level: LEVELS[level],
    message: { text: `${origin === '' ? '' : `${origin}: `}${message.message}\n${hint}` },
    ...(Object.keys(location).length === 0 ? {} : { locations: [location] }),
    // The same finding after lines have moved.
    partialFingerprints: { 'batten/v1': `${code} ${origin} ${path} ${message.message}` },
  }
}

/** Paths are relative references; what is absolute is a file URI. */
function uriOf(file: string): string {
  const escaped = file.replaceAll('\\', '/').split('/').map(encodeURIComponent).join('/')
  if (escaped.startsWith('/')) return `file://${escaped}`
  return /^[A-Za-z]%3A\//.test(escaped)
    ? `file:///${escaped.replace('%3A', ':')}`
    : escaped.replace(/^\.\//, '')
}
