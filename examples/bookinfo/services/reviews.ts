/** Reviews: v1 has no stars, v2 asks ratings and shows black stars, v3 red ones. `SERVICE_VERSION` says which one runs. */
import { fetchJson, json, serve } from './service.ts'

const STARS: Record<string, string | undefined> = { v1: undefined, v2: 'black', v3: 'red' }
const version = process.env.SERVICE_VERSION ?? 'v1'
const color = STARS[version]
const podname = process.env.HOSTNAME ?? `reviews-${version}`

const TEXTS = {
  Reviewer1: 'An extremely entertaining play by Shakespeare. The slapstick humour is refreshing!',
  Reviewer2:
    'Absolutely fun and entertaining. The play lacks thematic depth when compared to other plays by Shakespeare.',
}

interface Ratings {
  readonly ratings: Record<string, number>
}

serve('reviews', {
  '/health': () => json({ status: 'Reviews is healthy' }),
  '/reviews/': async ({ path, headers }) => {
    const id = path.slice('/reviews/'.length)
    const stars =
      color === undefined
        ? undefined
        : await fetchJson<Ratings>(`http://ratings:9080/ratings/${id}`, headers, 10_000)
    const reviews = Object.entries(TEXTS).map(([reviewer, text]) => {
      if (stars === undefined) return { reviewer, text }
      const given = stars.value?.ratings[reviewer]
      const rating =
        given === undefined ? { error: 'Ratings service is currently unavailable' } : { stars: given, color }
      return { reviewer, text, rating }
    })
    return json({ id, podname, clustername: 'batten-dev', version, reviews })
  },
})
