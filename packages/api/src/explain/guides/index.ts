import { battenPolicyGuides } from './batten-policy.ts'
import { battenTrafficGuides } from './batten-traffic.ts'
import type { CodeGuide } from './guide.ts'
import { istioReferenceGuides } from './istio-references.ts'
import { istioTrafficGuides } from './istio-traffic.ts'

export { type CodeGuide, exampleText } from './guide.ts'

/** Guides to all codes of the analysis, by code. */
export const codeGuides: Readonly<Record<string, CodeGuide>> = {
  ...istioReferenceGuides,
  ...istioTrafficGuides,
  ...battenTrafficGuides,
  ...battenPolicyGuides,
}
