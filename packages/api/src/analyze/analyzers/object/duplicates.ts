import type { Analyzer } from '../../analyzer.ts'
import { referenceOf } from '../../message.ts'

/** Objects that files define more than once, and not the same way each time. */
export const duplicateObjects: Analyzer = {
  name: 'object.DuplicateAnalyzer',
  description: 'Checks that no object is defined more than once',
  codes: ['BAT0002'],
  analyze(context) {
    for (const [resource, last] of context.replaced) {
      // Files may well define anew what a cluster has.
      if (resource.parsed === undefined || last.parsed === undefined) continue
      if (JSON.stringify(resource.fields) === JSON.stringify(last.fields)) continue
      const place = referenceOf(last.parsed.file, last.parsed.position(['metadata', 'name']))
      context.report(resource, 'BAT0002', [place === '' ? 'later' : place])
    }
  },
}
