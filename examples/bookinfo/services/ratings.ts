/** Ratings: how many stars each reviewer gave. */
import { json, serve } from './service.ts'

serve('ratings', {
  '/health': () => json({ status: 'Ratings is healthy' }),
  '/ratings/': ({ path }) => {
    const id = Number(path.slice('/ratings/'.length))
    return Number.isInteger(id) && path.length > '/ratings/'.length
      ? json({ id, ratings: { Reviewer1: 5, Reviewer2: 4 } })
      : json({ error: 'please provide numeric product ID' }, 400)
  },
})
