import { readFileSync } from 'node:fs'
import { relative } from 'node:path'
import pc from 'picocolors'

/** What the control plane found in the configuration; it arrives as a message of its process. */
export interface DevFinding {
  readonly code: string
  readonly severity: 'error' | 'warning' | 'info'
  readonly message: string
  /** `VirtualService default/reviews` */
  readonly object?: string
  readonly file?: string
  readonly line?: number
  readonly column?: number
  readonly hint?: string
}

/** Findings of one change that are printed; more would bury those that matter. */
const MAX_PRINTED = 20
/** Longest line of a code frame. */
const MAX_FRAME_COLUMNS = 160

/** The findings of one change, errors first, the rest counted. */
export function renderFindings(findings: readonly DevFinding[], cwd: string): string {
  const rank = { error: 0, warning: 1, info: 2 }
  const sorted =
    findings.length <= MAX_PRINTED
      ? findings
      : [...findings].sort((a, b) => rank[a.severity] - rank[b.severity])
  const lines = sorted.slice(0, MAX_PRINTED).map((finding) => renderFinding(finding, cwd))
  if (sorted.length > MAX_PRINTED)
    lines.push(pc.dim(`  and ${sorted.length - MAX_PRINTED} more: see /debug/findings of the control plane`))
  return lines.join('\n')
}

const SYMBOLS = { error: '×', warning: '‼', info: '·' }
const COLORS = { error: pc.red, warning: pc.yellow, info: pc.dim }

/** A finding with a frame of the lines around it. */
export function renderFinding(finding: DevFinding, cwd: string): string {
  const color = COLORS[finding.severity]
  const lines = [
    `${color(SYMBOLS[finding.severity])} ${finding.object ? `${finding.object}: ` : ''}${finding.message}   ${pc.dim(`[${finding.code}]`)}`,
  ]
  if (finding.file !== undefined) {
    const position =
      finding.line === undefined
        ? ''
        : `:${finding.line}${finding.column === undefined ? '' : `:${finding.column}`}`
    lines.push(`   ${relative(cwd, finding.file) || finding.file}${position}`)
    lines.push(...codeFrame(finding))
  }
  if (finding.hint !== undefined) lines.push(`  ${pc.dim('hint:')} ${finding.hint}`)
  return lines.join('\n')
}

function codeFrame({ file, line, column }: DevFinding): string[] {
  if (file === undefined || line === undefined) return []
  let source: string[]
  try {
    source = readFileSync(file, 'utf8').split('\n')
  } catch {
    return []
  }
  const first = Math.max(1, line - 2)
  const width = String(line).length
  const frame: string[] = []
  for (let n = first; n <= Math.min(line, source.length); n++) {
    frame.push(` ${n === line ? '>' : ' '} ${String(n).padStart(width)} | ${printable(source[n - 1]!)}`)
    if (n === line && column !== undefined && column <= MAX_FRAME_COLUMNS)
      frame.push(`   ${' '.repeat(width)} | ${' '.repeat(Math.max(0, column - 1))}^`)
  }
  return frame
}

/** A line of somebody's file as a terminal may have it: no control characters, and not endless. */
function printable(line: string): string {
  const text = line
    .slice(0, MAX_FRAME_COLUMNS)
    .replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '\ufffd')
  return line.length > MAX_FRAME_COLUMNS ? `${text}…` : text
}

/** A key that is equal for the same finding, so that each is printed once while it lasts. */
export function findingKey(finding: DevFinding): string {
  return [finding.code, finding.object, finding.file, finding.line, finding.message].join('\u0000')
}
