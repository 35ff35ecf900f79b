import type { JsonObject, JsonValue } from '@batten/xds'
import { configSections, type DumpSection } from '../config-sections.ts'
import { applyFieldMask } from '../field-mask.ts'
import { type AdminHandler, type AdminResponse, jsonResponse } from '../handler.ts'
import { nameFilter } from '../name-filter.ts'

export const configDump: AdminHandler = {
  path: '/config_dump',
  method: 'GET',
  help: 'dump current configs',
  parameters: {
    resource: 'The resource to dump, e.g. dynamic_active_clusters',
    mask: 'The mask to apply. When both resource and mask are specified, the mask is applied to every element in the desired repeated field so that only a subset of fields are returned',
    name_regex:
      'Dump only the currently loaded configurations whose names match the specified regex. Can be used with both resource and mask query parameters',
    include_eds: 'Dump currently loaded configuration including EDS',
  },
  handle({ query }, context) {
    const passes = nameFilter(query.get('name_regex'), 'Error while parsing name_regex')
    if (typeof passes !== 'function') return passes
    const sections = configSections(context, { includeEds: query.has('include_eds') })
    const mask = query.get('mask')
    const resource = query.get('resource')
    if (resource !== null && resource !== '') {
      // Endpoints may be asked for by name without `include_eds`.
      const all = query.has('include_eds') ? sections : configSections(context, { includeEds: true })
      return dumpResource(all, resource, mask, passes)
    }
    const shown =
      mask === null || mask === '' ? sections : sections.filter((section) => hasField(section, mask))
    if (shown.length === 0)
      return {
        status: 400,
        body: `FieldMask ${mask} could not be successfully applied to any configs.\n`,
      }
    const configs = shown.map((section) => masked(sectionJson(section, passes), mask))
    return jsonResponse({ configs })
  },
}

function dumpResource(
  sections: readonly DumpSection[],
  resource: string,
  mask: string | null,
  passes: (name: string) => boolean,
): AdminResponse {
  for (const { fields, extra, type } of sections) {
    const field = fields.find((candidate) => candidate.field === resource)
    if (field !== undefined) {
      const configs = field.entries
        .filter(({ name }) => passes(name))
        .map(({ json }) => masked({ '@type': `type.googleapis.com/${field.type}`, ...json }, mask))
      return jsonResponse(configs.length === 0 ? {} : { configs })
    }
    const single = extra?.[resource]
    if (single !== undefined)
      return jsonResponse({
        configs: [masked({ '@type': `type.googleapis.com/${type}`, ...(single as JsonObject) }, mask)],
      })
  }
  return { status: 404, body: `${resource} not found in config dump\n` }
}

function sectionJson({ type, fields, extra }: DumpSection, passes: (name: string) => boolean): JsonObject {
  const json: Record<string, JsonValue> = { '@type': `type.googleapis.com/${type}`, ...extra }
  for (const { field, entries } of fields) {
    const selected = entries.filter(({ name }) => passes(name)).map((entry) => entry.json)
    if (selected.length > 0) json[field] = selected
  }
  return json
}

/** Whether a mask is about a section at all. */
function hasField({ fields, extra }: DumpSection, mask: string): boolean {
  return mask.split(',').some((path) => {
    const first = path.trim().split('.')[0]!
    return fields.some(({ field }) => field === first) || Object.hasOwn(extra ?? {}, first)
  })
}

function masked(json: JsonObject, mask: string | null): JsonObject {
  return mask === null || mask === '' ? json : applyFieldMask(json, mask.split(','))
}
