import { existsSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { describe, expect, it } from 'vitest'
import { findEnvoy } from '../../test/support/envoy.ts'
import { envoyVerdict } from '../../test/support/envoy-validate.ts'
import { GOLDEN_FILES, goldenText, runCase } from '../../test/support/translate-case.ts'

/**
 * Golden cases: `testdata/<area>/<case>/in.yaml` says which objects there are and who asks, the other files what that
 * node is served. `UPDATE_GOLDEN=1` writes them anew.
 */
const testdata = join(import.meta.dirname, 'testdata')
const cases = globSync('*/*/in.yaml', { cwd: testdata }).sort()
const update = process.env['UPDATE_GOLDEN'] === '1'
const envoy = findEnvoy()

describe('translation of golden cases', () => {
  it.each(cases.map((file) => [relative('.', dirname(file)), join(testdata, file)]))(
    '%s',
    async (_name, file) => {
      const { view, findings } = await runCase(file)
      expect(findings.filter(({ severity }) => severity === 'error')).toEqual([])
      for (const [name, type] of Object.entries(GOLDEN_FILES)) {
        const golden = join(dirname(file), name)
        const text = goldenText(view, type)
        if (update && text !== '') writeFileSync(golden, text)
        else if (update) rmSync(golden, { force: true })
        else expect(text).toBe(existsSync(golden) ? readFileSync(golden, 'utf8') : '')
      }
    },
  )

  it.runIf(envoy !== undefined).each(cases.map((file) => [dirname(file), join(testdata, file)]))(
    'Envoy accepts %s',
    async (_name, file) => {
      const { view } = await runCase(file)
      expect(envoyVerdict(envoy!, view)).toBe('')
    },
    60_000,
  )
})
