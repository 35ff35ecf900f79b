import { parseDocuments } from '@batten/api/yaml'
import type { Finding } from './finding.ts'
import { type MeshConfig, parseMeshConfig } from './mesh-config.ts'
import { type ObjectTables, tableOf } from './objects-by-kind.ts'
import type { StoredObject } from './snapshot.ts'
import { locate } from './validate-object.ts'

/** Name of the ConfigMap that holds the mesh configuration, in the root namespace. */
const NAME = 'istio'
const KEY = 'mesh'

/**
 * The mesh configuration: `base` with what the ConfigMap `istio` of the root namespace says. Fields that are not
 * supported are told.
 */
export function meshConfigOf(
  tables: ObjectTables,
  base: MeshConfig,
): { readonly mesh: MeshConfig; readonly findings: readonly Finding[] } {
  const stored = tableOf(tables, 'core/ConfigMap').get(`core/ConfigMap/${base.rootNamespace}/${NAME}`)
  const text = (stored?.object as { data?: Record<string, string> } | undefined)?.data?.[KEY]
  if (stored === undefined || text === undefined) return { mesh: base, findings: [] }
  const [document] = parseDocuments(text)
  if (document === undefined) return { mesh: base, findings: [] }
  const findings: Finding[] = document.findings.map((found) =>
    told(stored, { code: 'CP_MESH_CONFIG_INVALID', severity: 'error', message: found.message }),
  )
  if (findings.length > 0) return { mesh: base, findings }
  if (typeof document.value !== 'object' || document.value === null || Array.isArray(document.value)) {
    const message = 'the mesh configuration must be an object'
    return {
      mesh: base,
      findings: [told(stored, { code: 'CP_MESH_CONFIG_INVALID', severity: 'error', message })],
    }
  }
  const { mesh, problems } = parseMeshConfig(document.value as Record<string, unknown>, base)
  return {
    mesh,
    findings: problems.map(({ field, message }) =>
      told(stored, {
        code: 'CP_MESH_CONFIG_INVALID',
        severity: 'warning',
        message: `mesh.${field} ${message}`,
      }),
    ),
  }
}

function told(
  { object, origin }: StoredObject,
  finding: Pick<Finding, 'code' | 'severity' | 'message'>,
): Finding {
  return locate({ ...finding, path: `data.${KEY}` }, object, origin)
}
