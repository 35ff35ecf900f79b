import { describe, expect, it } from 'vitest'
import { type AnalyzeOptions, analyze } from '../src/analyze/index.ts'
import { type KubernetesObject, kinds } from '../src/k8s.ts'
import { parseDocuments } from '../src/yaml/parse.ts'

/** Title, objects in short form (see {@link objectsOf}), what is found as `code origin path: message`. */
export type AnalysisCase = readonly [title: string, objects: string, expected: readonly string[]]

/** Groups of kinds that the package has no schema for. */
const OTHER_GROUPS: Readonly<Record<string, string>> = {
  CronJob: 'batch/v1',
  CustomResourceDefinition: 'apiextensions.k8s.io/v1',
  Ingress: 'networking.k8s.io/v1',
  KubernetesGateway: 'gateway.networking.k8s.io/v1',
  MutatingWebhookConfiguration: 'admissionregistration.k8s.io/v1',
  Node: 'v1',
  StatefulSet: 'apps/v1',
  ValidatingWebhookConfiguration: 'admissionregistration.k8s.io/v1',
}

/**
 * Objects of lines `Kind namespace/name: {…}`; what is in braces is YAML. The Gateway of the Gateway API is called
 * KubernetesGateway.
 */
export function objectsOf(text: string): KubernetesObject[] {
  return text
    .trim()
    .split('\n')
    .map((line) => {
      const [, kind = '', namespace, name, body = ''] =
        /^(\w+) (?:([\w-]+)\/)?([\w.-]+): (.*)$/.exec(line) ?? []
      const value = parseDocuments(body)[0]?.value as Partial<KubernetesObject>
      return {
        ...value,
        apiVersion: apiVersionOf(kind),
        kind: kind === 'KubernetesGateway' ? 'Gateway' : kind,
        metadata: { name, ...(namespace === undefined ? {} : { namespace }), ...value.metadata },
      } as KubernetesObject
    })
}

function apiVersionOf(kind: string): string {
  const other = OTHER_GROUPS[kind]
  if (other !== undefined) return other
  const info = kinds.find((one) => one.kind === kind)
  if (info === undefined) throw new Error(`no kind ${kind}`)
  return info.group === '' ? info.versions[0]! : `${info.group}/${info.versions[0]}`
}

/** What is found, one line each. */
export function linesOf(objects: string, options: AnalyzeOptions): string[] {
  return analyze(objectsOf(objects), options).map(
    ({ code, origin, path, message }) => `${code} ${origin} ${path}: ${message}`,
  )
}

/** Puts objects before one analyzer. */
export function findingsOf(
  analyzer: string,
  cases: readonly AnalysisCase[],
  options: AnalyzeOptions = {},
): void {
  describe(analyzer, () => {
    it.each(cases)('%s', (_, objects, expected) => {
      expect(linesOf(objects, { ...options, analyzers: [analyzer] })).toEqual(expected)
    })
  })
}
