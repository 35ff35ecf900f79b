import { isDnsLabel } from './dns.ts'
import type { Path, RuleReport } from './report.ts'

/** What {@link checkExportTo} needs to know of the object. */
export interface ExportOptions {
  readonly namespace: string
  /** A ServiceEntry may be exported to nobody. */
  readonly mayBeNone?: boolean
  /** A DestinationRule with a selector stays in its namespace. */
  readonly hasSelector?: boolean
}

/** Checks the namespaces that see an object. */
export function checkExportTo(
  exportTo: readonly string[] | undefined,
  options: ExportOptions,
  report: RuleReport,
): void {
  const path: Path = ['spec', 'exportTo']
  const { namespace } = options
  const seen = new Set<string>()
  for (const [i, entry] of (exportTo ?? []).entries()) {
    const key = entry === '.' ? namespace : entry
    if (seen.has(key)) {
      const what = key === entry ? `for entry ${entry}` : `: . and current namespace ${namespace}`
      report.error(
        [...path, i],
        'RULE_EXPORT_TO',
        `duplicate entries in exportTo${what.startsWith(':') ? '' : ' '}${what}`,
      )
    } else if (isVisible(entry, options)) seen.add(key)
    else {
      report.error(
        [...path, i],
        'RULE_EXPORT_TO',
        `exportTo must be *, ., a namespace or (in a ServiceEntry) ~, not ${JSON.stringify(entry)}`,
      )
    }
  }
  const count = exportTo?.length ?? 0
  if (options.hasSelector === true && seen.size > 0) {
    if (!seen.has(namespace)) {
      report.error(
        path,
        'RULE_EXPORT_TO',
        'destination rule with workload selector cannot have exportTo beyond current namespace',
      )
    } else if (seen.size > 1) {
      report.error(
        path,
        'RULE_EXPORT_TO',
        'destination rule with workload selector cannot have multiple entries in exportTo',
      )
    }
  }
  if (seen.has('*') && count > 1) {
    report.error(
      path,
      'RULE_EXPORT_TO',
      'cannot have both public (*) and non-public exportTo values for a resource',
    )
  }
  if (seen.has('~') && count > 1) {
    report.error(path, 'RULE_EXPORT_TO', 'cannot export service entry to no one (~) and someone')
  }
}

function isVisible(entry: string, { mayBeNone }: ExportOptions): boolean {
  if (entry === '*' || entry === '.') return true
  return entry === '~' ? mayBeNone === true : isDnsLabel(entry)
}
