import { execFile } from 'node:child_process'
import { rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Install, installTarballs, temporaryFolder } from './support/packed-install.ts'
import { packPackages } from './support/packed-packages.ts'

const run = promisify(execFile)
const TSC = createRequire(import.meta.url).resolve('typescript/lib/tsc.js')

/** A program of a user of `@batten/api`: every entry, both ways to build, reading, validation, analysis; and mistakes that must not compile. */
const PROGRAM = `
import { header, prefix, route, split, to, toYaml, virtualService, type VirtualService } from '@batten/api'
import { analyze } from '@batten/api/analyze'
import * as convert from '@batten/api/convert'
import * as crd from '@batten/api/crd'
import * as explain from '@batten/api/explain'
import * as extensions from '@batten/api/extensions'
import * as gatewayApi from '@batten/api/gateway-api'
import schema from '@batten/api/json-schema/networking.istio.io_virtualservices.json' with { type: 'json' }
import * as kubernetes from '@batten/api/kubernetes'
import * as mesh from '@batten/api/mesh'
import type { Destination, HTTPRoute, StringMatch } from '@batten/api/networking'
import * as security from '@batten/api/security'
import * as telemetry from '@batten/api/telemetry'
import { accepted, type Finding, validate } from '@batten/api/validate'
import { fromYaml } from '@batten/api/yaml'

export const reviews: VirtualService = virtualService({
  name: 'reviews',
  namespace: 'shop',
  hosts: ['reviews'],
  http: [
    route(to('reviews', { subset: 'v2' })).when(prefix('/api'), header('end-user').exact('jason')).retry(3).timeout('2s'),
    route(to('reviews', split({ v1: 90, v2: 10 }))),
  ],
})
export const first: HTTPRoute | undefined = reviews.spec.http?.[0]
export const destination: Destination = { host: 'reviews' }
export const match: StringMatch = { exact: 'jason' }

// @ts-expect-error: one of them
export const twice: StringMatch = { exact: 'jason', prefix: 'j' }
// @ts-expect-error: hosts are strings
export const numbers = (): VirtualService => virtualService({ name: 'reviews', hosts: [1] })
// @ts-expect-error: the shares make 99
export const shares = () => split({ v1: 90, v2: 9 })

const { documents, objects } = fromYaml(toYaml(reviews), { file: 'reviews.yaml' })
const findings: Finding[] = validate(documents)
const codes: string[] = analyze(objects).map(({ code }) => code)
const entries: object[] = [convert, crd, explain, extensions, gatewayApi, kubernetes, mesh, security, telemetry]

console.log(
  JSON.stringify({
    accepted: accepted(findings),
    codes: [...new Set(codes)].sort(),
    entries: entries.filter((entry) => typeof entry === 'object').length,
    title: typeof schema,
  }),
)
`

/** A program of a user of `@batten/core`, who has Node's types. */
const CORE_PROGRAM = `
import { BattenError, Cidr, createLogger, DrainTrigger, Lifecycle, MetricRegistry } from '@batten/core'
import { parseDuration } from '@batten/core/duration'
import { errorMessage } from '@batten/core/errors'
import { formatPrometheus } from '@batten/core/metrics'
import { compileRegex } from '@batten/core/regex'

const registry: MetricRegistry = new MetricRegistry()
export const parts = { createLogger, DrainTrigger, Lifecycle }

console.log(
  JSON.stringify({
    duration: parseDuration('2s'),
    regex: compileRegex('/v[0-9]+').matches('/v2'),
    error: errorMessage(new BattenError('X', { message: 'said so' })),
    cidr: Cidr.parse('10.0.0.0/8').toString(),
    metrics: formatPrometheus(registry),
  }),
)
`

/** CommonJS in TypeScript: `require` of a module. */
const COMMON_JS = `
import api = require('@batten/api')
import errors = require('@batten/core/errors')
export const gateway: api.KubernetesObject = api.gateway({ name: 'ingress', servers: [] })
export const error = new errors.BattenError('X', { message: 'said so' })
`

const SCHEMA = `
import * as schema from '@batten/api/schema'
export const names: string[] = Object.keys(schema)
`

const BASE = {
  strict: true,
  skipLibCheck: false,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noEmit: true,
  resolveJsonModule: true,
  target: 'es2022',
  // Neither Node's types nor a browser's: both kinds of user get by.
  types: [],
  lib: ['es2022'],
}
const RESOLUTIONS = {
  nodenext: { module: 'nodenext', moduleResolution: 'nodenext' },
  bundler: { module: 'preserve', moduleResolution: 'bundler' },
} as const

let packed: string
let install: Install

beforeAll(async () => {
  packed = temporaryFolder('packed')
  install = await installTarballs(await packPackages(['@batten/core', '@batten/api'], packed))
  install.write('program.ts', `declare const console: { log(text: string): void }\n${PROGRAM}`)
  install.write('run.mts', PROGRAM)
  install.write('core.mts', CORE_PROGRAM)
  install.write('common.cts', COMMON_JS)
  install.write('schema.ts', SCHEMA)
}, 120_000)

afterAll(() => {
  install?.[Symbol.dispose]()
  if (packed !== undefined) rmSync(packed, { recursive: true, force: true })
})

/** What the compiler says about files; empty when all is well. */
async function errors(files: readonly string[], options: object): Promise<string> {
  install.write('tsconfig.json', JSON.stringify({ compilerOptions: { ...BASE, ...options }, files }))
  try {
    await run(process.execPath, [TSC, '-p', install.folder, '--pretty', 'false'], { cwd: install.folder })
    return ''
  } catch (error) {
    return (error as { stdout: string }).stdout
  }
}

describe.each(Object.entries(RESOLUTIONS))(
  'types of the installed packages, module resolution %s',
  (_, options) => {
    it('compile strictly, libraries checked, without typebox and without the types of Node', async () => {
      expect(await errors(['program.ts'], options)).toBe('')
    })

    it('fail for a mistake, so that the test above means something', async () => {
      install.write(
        'wrong.ts',
        `import { virtualService } from '@batten/api'\nvirtualService({ name: 'a', hosts: 1 })\n`,
      )
      expect(await errors(['wrong.ts'], options)).toMatch(/^wrong\.ts\(2,\d+\): error TS2322:/)
    })
  },
)

it('the types serve CommonJS too', async () => {
  expect(await errors(['common.cts'], RESOLUTIONS.nodenext)).toBe('')
})

it.each(Object.entries(RESOLUTIONS))(
  'the types of core compile strictly with those of Node, %s',
  async (_, options) => {
    install.link('@types/node')
    expect(await errors(['core.mts'], { ...options, types: ['node'] })).toBe('')
  },
)

it('the installed packages do what the program asks', async () => {
  const { stdout } = await run(process.execPath, ['run.mts'], { cwd: install.folder })
  expect(JSON.parse(stdout)).toEqual({ accepted: true, codes: ['IST0101'], entries: 9, title: 'object' })
  const core = await run(process.execPath, ['core.mts'], { cwd: install.folder })
  expect(JSON.parse(core.stdout)).toEqual({
    duration: 2000,
    regex: true,
    error: 'said so',
    cidr: '10.0.0.0/8',
    metrics: '',
  })
})

it('the schema entry says what it needs, and compiles and loads once typebox is there', async () => {
  expect(await errors(['schema.ts'], RESOLUTIONS.nodenext)).toContain("'typebox'")
  install.link('typebox')
  // The declarations of typebox itself take 15 s of a processor to check.
  expect(await errors(['schema.ts'], { ...RESOLUTIONS.nodenext, skipLibCheck: true })).toBe('')
  const program = `import('@batten/api/schema').then((schema) => console.log(Object.keys(schema).length > 0))`
  const { stdout } = await run(process.execPath, ['--eval', program], { cwd: install.folder })
  expect(stdout).toBe('true\n')
})
