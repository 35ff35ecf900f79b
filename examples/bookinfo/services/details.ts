/** Details: what the imprint page of a book says. */
import { json, serve } from './service.ts'

serve('details', {
  '/health': () => json({ status: 'Details is healthy' }),
  '/details/': ({ path }) => {
    const id = Number(path.slice('/details/'.length))
    if (!Number.isInteger(id)) return json({ error: 'please provide numeric product ID' }, 400)
    return json({
      id,
      author: 'William Shakespeare',
      year: 1595,
      type: 'paperback',
      pages: 200,
      publisher: 'PublisherA',
      language: 'English',
      'ISBN-10': '1234567890',
      'ISBN-13': '123-1234567890',
    })
  },
})
