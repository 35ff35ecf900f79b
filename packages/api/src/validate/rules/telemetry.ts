import type { Metrics, ProviderRef, TelemetrySpec, Tracing } from '../../gen/types/telemetry/telemetry.ts'
import { checkAttachment } from './labels.ts'
import type { KindRules, Path, RuleReport } from './report.ts'
import { checkDurationSyntax } from './scalars.ts'
import { expressionProblem } from './telemetry-expression.ts'

/** Rules of Telemetry. */
export const telemetryRules: KindRules<TelemetrySpec> = (spec, _object, report) => {
  checkAttachment(spec, report)
  const { tracing = [], metrics = [], accessLogging = [] } = spec
  if (tracing.length > 1)
    report.warning(['spec', 'tracing'], 'RULE_TELEMETRY', 'multiple tracing is not currently supported')
  for (const [i, one] of tracing.entries()) checkTracing(one, ['spec', 'tracing', i], report)
  for (const [i, one] of metrics.entries()) checkMetrics(one, ['spec', 'metrics', i], report)
  for (const [i, { providers, filter }] of accessLogging.entries()) {
    const path = ['spec', 'accessLogging', i]
    checkProviders(providers, [...path, 'providers'], report)
    if (filter === undefined) continue
    const problem = expressionProblem(filter.expression ?? '')
    if (problem !== undefined)
      report.error(
        [...path, 'filter', 'expression'],
        'RULE_TELEMETRY',
        `must be a valid CEL expression, ${problem}`,
      )
  }
}

function checkProviders(providers: readonly ProviderRef[] | undefined, path: Path, report: RuleReport): void {
  for (const [i, { name = '' }] of (providers ?? []).entries()) {
    if (name === '') report.error([...path, i, 'name'], 'RULE_TELEMETRY', 'providers.name may not be empty')
  }
}

function checkTracing(tracing: Tracing, path: Path, report: RuleReport): void {
  const { providers = [], randomSamplingPercentage: share, customTags = {} } = tracing
  if (providers.length > 1) {
    report.warning([...path, 'providers'], 'RULE_TELEMETRY', 'multiple providers is not currently supported')
  }
  checkProviders(providers, [...path, 'providers'], report)
  if (share !== undefined && share !== null && (share < 0 || share > 100)) {
    report.error(
      [...path, 'randomSamplingPercentage'],
      'RULE_PERCENT',
      'randomSamplingPercentage must be in range [0.0, 100.0]',
    )
  }
  for (const [name, tag] of Object.entries(customTags)) {
    const at = [...path, 'customTags', name]
    if (name === '') report.error(at, 'RULE_TELEMETRY', 'tag name may not be empty')
    if (tag.literal?.value === '')
      report.error([...at, 'literal', 'value'], 'RULE_TELEMETRY', 'literal tag value may not be empty')
    if (tag.header?.name === '')
      report.error([...at, 'header', 'name'], 'RULE_TELEMETRY', 'header tag name may not be empty')
    if (tag.environment?.name === '') {
      report.error([...at, 'environment', 'name'], 'RULE_TELEMETRY', 'environment tag name may not be empty')
    }
    if (tag.formatter?.value === '') {
      report.error([...at, 'formatter', 'value'], 'RULE_TELEMETRY', 'formatter tag value may not be empty')
    }
  }
}

function checkMetrics(metrics: Metrics, path: Path, report: RuleReport): void {
  checkProviders(metrics.providers, [...path, 'providers'], report)
  checkDurationSyntax(metrics.reportingInterval, [...path, 'reportingInterval'], report)
  for (const [i, { match, tagOverrides = {} }] of (metrics.overrides ?? []).entries()) {
    const at = [...path, 'overrides', i]
    if (match?.customMetric === '') {
      report.error([...at, 'match', 'customMetric'], 'RULE_TELEMETRY', 'customMetric may not be empty')
    }
    for (const [name, { operation = 'UPSERT', value = '' }] of Object.entries(tagOverrides)) {
      const tag = [...at, 'tagOverrides', name]
      if (name === '') report.warning(tag, 'RULE_TELEMETRY', 'tagOverrides.name may not be empty')
      if (operation === 'UPSERT' && value === '') {
        report.error(
          [...tag, 'value'],
          'RULE_TELEMETRY',
          'tagOverrides.value must be set when operation is UPSERT',
        )
      }
      if (operation === 'REMOVE' && value !== '') {
        report.error(
          [...tag, 'value'],
          'RULE_TELEMETRY',
          'tagOverrides.value may only be set when operation is UPSERT',
        )
      }
    }
  }
}
