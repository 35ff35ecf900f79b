import { stringify } from 'yaml'
import type { AnalysisMessage } from '../message.ts'
import { printedMessage } from './json.ts'

/** Messages as `istioctl analyze -o yaml` prints them: a list, also of nothing. */
export function yamlOutput(messages: readonly AnalysisMessage[]): string {
  return stringify(messages.map(printedMessage), { lineWidth: 0, version: '1.1' })
}
