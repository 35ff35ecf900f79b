import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { countAnswers, expectedRange } from './support/count.ts'
import { BookinfoProject, CORPUS } from './support/project.ts'

const NETWORKING = join(CORPUS, 'samples/bookinfo/networking')
const TOTAL = 2000

let project: BookinfoProject

/** Which version of reviews answers, by how often. */
function reviewsVersions(total: number, user?: string): Promise<Record<string, number>> {
  const headers: Record<string, string> = user === undefined ? {} : { cookie: `session=${user}` }
  return countAnswers(
    `${project.url}/api/v1/products/0/reviews`,
    total,
    (body, status) => (status === 200 ? JSON.parse(body).version : `${status}`),
    headers,
  )
}

beforeAll(async () => {
  project = await BookinfoProject.start({}, ['security.yaml'])
  await project.apply(join(NETWORKING, 'bookinfo-gateway.yaml'))
  await project.apply(join(NETWORKING, 'destination-rule-all.yaml'))
})
afterAll(() => project?.close())

describe('the networking samples of Bookinfo, applied one after another', () => {
  it('shows the product page through the gateway', async () => {
    const response = await fetch(`${project.url}/productpage`)
    expect(response.status).toBe(200)
    expect(await response.text()).toContain('The Comedy of Errors')
  })

  it('without a route every version of reviews answers', async () => {
    expect(Object.keys(await reviewsVersions(200)).sort()).toEqual(['v1', 'v2', 'v3'])
  })

  it('virtual-service-all-v1: v1 only', async () => {
    await project.apply(join(NETWORKING, 'virtual-service-all-v1.yaml'))
    expect(await reviewsVersions(200)).toEqual({ v1: 200 })
  })

  it('virtual-service-reviews-v3: v3 only', async () => {
    await project.apply(join(NETWORKING, 'virtual-service-reviews-v3.yaml'))
    expect(await reviewsVersions(200)).toEqual({ v3: 200 })
  })

  it.each([
    ['virtual-service-reviews-90-10.yaml', 'v1', 0.9, 'v2'],
    ['virtual-service-reviews-80-20.yaml', 'v1', 0.8, 'v2'],
    ['virtual-service-reviews-50-v3.yaml', 'v1', 0.5, 'v3'],
    ['virtual-service-reviews-v2-v3.yaml', 'v2', 0.5, 'v3'],
  ])('%s: %s gets %f of the requests and %s the rest', async (file, first, share, second) => {
    await project.apply(join(NETWORKING, file))
    const counts = await reviewsVersions(TOTAL)
    const [low, high] = expectedRange(TOTAL, share)
    expect(Object.keys(counts).sort()).toEqual([first, second].sort())
    expect(counts[first]).toBeGreaterThanOrEqual(low)
    expect(counts[first]).toBeLessThanOrEqual(high)
  })

  it.each([
    ['virtual-service-reviews-test-v2.yaml', 'v2', 'v1'],
    ['virtual-service-reviews-jason-v2-v3.yaml', 'v2', 'v3'],
  ])('%s: jason goes to %s, everybody else to %s', async (file, jason, others) => {
    await project.apply(join(NETWORKING, file))
    expect(await reviewsVersions(50, 'jason')).toEqual({ [jason]: 50 })
    expect(await reviewsVersions(50, 'eve')).toEqual({ [others]: 50 })
    expect(await reviewsVersions(50)).toEqual({ [others]: 50 })
  })

  it('virtual-service-ratings-test-abort: ratings fail for jason only', async () => {
    await project.apply(join(NETWORKING, 'virtual-service-all-v1.yaml'))
    await project.apply(join(NETWORKING, 'virtual-service-reviews-test-v2.yaml'))
    await project.apply(join(NETWORKING, 'virtual-service-ratings-test-abort.yaml'))
    const ratings = (user: string) =>
      countAnswers(`${project.url}/api/v1/products/0/ratings`, 20, (_, status) => `${status}`, {
        cookie: `session=${user}`,
      })
    expect(await ratings('jason')).toEqual({ 500: 20 })
    expect(await ratings('eve')).toEqual({ 200: 20 })
  })

  it('virtual-service-ratings-test-delay: ratings are late for jason only', async () => {
    await project.apply(join(NETWORKING, 'virtual-service-ratings-test-delay.yaml'))
    const page = (user: string) =>
      fetch(`${project.url}/productpage`, { headers: { cookie: `session=${user}` } }).then((r) => r.text())
    // Seven seconds are more than productpage waits for reviews, twice.
    expect(await page('jason')).toContain('Sorry, product reviews are currently unavailable for this book.')
    expect(await page('eve')).toContain('served by')
  })

  it.each([
    'certmanager-gateway.yaml',
    'destination-rule-all-mtls.yaml',
    'destination-rule-reviews.yaml',
    'egress-rule-google-apis.yaml',
    'fault-injection-details-v1.yaml',
    'virtual-service-details-v2.yaml',
    'virtual-service-ratings-db.yaml',
    'virtual-service-ratings-mysql-vm.yaml',
    'virtual-service-ratings-mysql.yaml',
  ])('%s applies, and whatever it asks for that is not there is reported', async (file) => {
    await project.reset()
    await project.apply(join(NETWORKING, 'bookinfo-gateway.yaml'))
    await project.apply(join(NETWORKING, file))
    expect(
      project.findings.filter(
        (finding) =>
          !/^(CP_SUBSET_UNDEFINED|CP_HOST_UNKNOWN|CP_UNSUPPORTED_FIELD|RULE_UNREACHABLE)/.test(finding),
      ),
    ).toEqual([])
    expect((await fetch(`${project.url}/productpage`)).status).toBe(200)
  })
})
