/** Typical imports of `@batten/api` and `@batten/core`, and the page that says what they weigh. */
import { readFileSync } from 'node:fs'
import type { BundleEntry } from './browser-bundle.ts'

export const SIZES_PAGE = new URL('../../docs/package-sizes.md', import.meta.url)

/** Every entry of `@batten/api` but `./schema`, which is for generators and needs typebox. */
export const API_ENTRIES: readonly BundleEntry[] = [
  '@batten/api',
  '@batten/api/analyze',
  '@batten/api/convert',
  '@batten/api/crd',
  '@batten/api/explain',
  '@batten/api/extensions',
  '@batten/api/gateway-api',
  '@batten/api/kubernetes',
  '@batten/api/mesh',
  '@batten/api/networking',
  '@batten/api/security',
  '@batten/api/telemetry',
  '@batten/api/validate',
  '@batten/api/yaml',
].map((from) => ({ from }))

export interface TypicalImport {
  /** As in the page. */
  readonly title: string
  readonly entries: readonly BundleEntry[]
  /** Most bytes after gzip, where we promise a limit. */
  readonly limit?: number
}

const builders = ['virtualService', 'destinationRule', 'route', 'to', 'split', 'prefix', 'header', 'subset']

export const TYPICAL_IMPORTS: readonly TypicalImport[] = [
  {
    title: "`import { virtualService } from '@batten/api'`",
    entries: [{ from: '@batten/api', names: ['virtualService'] }],
    limit: 30_000,
  },
  { title: 'the builders of a canary', entries: [{ from: '@batten/api', names: builders }] },
  {
    title: 'the builders of a canary, and `toYaml`',
    entries: [{ from: '@batten/api', names: [...builders, 'toYaml'] }],
  },
  { title: 'all of `@batten/api`', entries: [{ from: '@batten/api' }] },
  {
    title: "`import { fromYaml } from '@batten/api/yaml'`",
    entries: [{ from: '@batten/api/yaml', names: ['fromYaml'] }],
  },
  {
    title: "`import { validate } from '@batten/api/validate'`",
    entries: [{ from: '@batten/api/validate', names: ['validate'] }],
  },
  {
    title: "`import { analyze } from '@batten/api/analyze'`",
    entries: [{ from: '@batten/api/analyze', names: ['analyze'] }],
  },
  {
    title: "`import { toTypeScript } from '@batten/api/convert'`",
    entries: [{ from: '@batten/api/convert', names: ['toTypeScript'] }],
  },
  { title: 'all of `@batten/api/gateway-api`', entries: [{ from: '@batten/api/gateway-api' }] },
  { title: 'every entry of `@batten/api` but `./schema`', entries: API_ENTRIES, limit: 300_000 },
  {
    title: "`import { parseDuration } from '@batten/core/duration'`",
    entries: [{ from: '@batten/core/duration', names: ['parseDuration'] }],
  },
  {
    title: "`import { compileRegex } from '@batten/core/regex'`",
    entries: [{ from: '@batten/core/regex', names: ['compileRegex'] }],
  },
]

/** The sizes after gzip that the page gives, by title, in bytes. */
export function documentedSizes(): Map<string, number> {
  const rows = readFileSync(SIZES_PAGE, 'utf8').matchAll(/^\| (.+?) +\| +[\d.]+ \| +([\d.]+) \|/gm)
  return new Map([...rows].map(([, title, kilobytes]) => [title!, Number(kilobytes) * 1000]))
}
