import { silentLogger } from '@batten/core'
import type { HttpFilterContext } from '../../src/http/filter.ts'
import { StatsStore } from '../../src/telemetry/stats.ts'
import { ManualClock } from './fake-clock.ts'

/** What a filter of a test is compiled with. */
export function filterContext(
  filterName: string,
  overrides: Partial<HttpFilterContext> = {},
): HttpFilterContext {
  const stats = overrides.stats ?? new StatsStore()
  return {
    direction: 'unspecified',
    statPrefix: 'test',
    filterName,
    metrics: stats.registry,
    stats,
    log: silentLogger,
    clock: new ManualClock(),
    random: () => 0.5,
    callout: () => ({ cancel() {} }),
    node: { id: 'n', cluster: 'c', metadata: {} },
    ...overrides,
  }
}
