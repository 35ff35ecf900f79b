import type { HeaderTable } from '../header-table.ts'
import { applyMutations } from '../route/header-mutation.ts'
import type { ActiveStream } from '../stream.ts'

/**
 * Applies what route, virtual host and route configuration change: the general last, so that it has the last word, or
 * first where `most_specific_header_mutations_wins` says so.
 */
export function applyLevels(
  stream: ActiveStream,
  headers: HeaderTable,
  direction: 'request' | 'response',
): void {
  const config = stream.owner.config.routes.current
  const own = stream.route?.mutations?.[direction]
  const inherited = stream.route?.virtualHost.mutations?.[direction]
  const general = config?.mutations?.[direction]
  if (config?.mostSpecificWins === true) {
    if (general !== undefined) applyMutations(general, headers, stream)
    if (inherited !== undefined) applyMutations(inherited, headers, stream)
    if (own !== undefined) applyMutations(own, headers, stream)
    return
  }
  if (own !== undefined) applyMutations(own, headers, stream)
  if (inherited !== undefined) applyMutations(inherited, headers, stream)
  if (general !== undefined) applyMutations(general, headers, stream)
}
