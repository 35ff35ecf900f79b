import type { Finding } from '../model/finding.ts'
import type { Report } from '../model/incremental.ts'
import type { MeshSnapshot } from '../model/snapshot.ts'
import { locate } from '../model/validate-object.ts'

/**
 * What translation has to say, as findings with the place of the object that is to blame. The same for several nodes is
 * told once.
 */
export function translationFindings(snapshot: MeshSnapshot, problems: readonly Report[]): Finding[] {
  const findings = new Map<string, Finding>()
  for (const { code, severity, subject, message, object, path } of problems) {
    const stored = object === undefined ? undefined : snapshot.objects.get(object)
    const text = severity === 'error' ? `the ${subject} cannot be made: ${message}` : message
    const finding = { code, severity, message: text, path }
    const key = `${code}\u0000${object ?? ''}\u0000${path ?? ''}\u0000${text}`
    findings.set(key, stored === undefined ? finding : locate(finding, stored.object, stored.origin))
  }
  return [...findings.values()]
}
