/** Productpage: asks details and reviews, and shows the page. The name of a signed-in user travels as `end-user`. */
import type { IncomingHttpHeaders } from 'node:http'
import { type Fetched, fetchJson, json, serve } from '../service.ts'
import { type Details, PRODUCTS, type Reviews } from './catalog.ts'
import { renderLanding, renderPage } from './page.ts'

const DETAILS = `http://${process.env.DETAILS_HOSTNAME ?? 'details'}:9080/details`
const REVIEWS = `http://${process.env.REVIEWS_HOSTNAME ?? 'reviews'}:9080/reviews`
const RATINGS = `http://${process.env.RATINGS_HOSTNAME ?? 'ratings'}:9080/ratings`
const TIMEOUT_MS = 3000

const html = (body: string) => ({ headers: { 'content-type': 'text/html; charset=utf-8' }, body })
const redirectHome = (cookie: string) => ({
  status: 302,
  headers: { location: '/productpage', 'set-cookie': cookie },
})

/** The name in the session cookie; only a plain name may become a header. */
function userOf(headers: IncomingHttpHeaders): string | undefined {
  const value = /(?:^|;\s*)session=([^;]*)/.exec(headers.cookie ?? '')?.[1]
  return value !== undefined && /^[\w.@-]{1,64}$/.test(value) ? value : undefined
}

function withUser(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const user = userOf(headers)
  return user === undefined ? headers : { ...headers, 'end-user': user }
}

/** Reviews are asked twice before the page gives up on them, as the original does. */
async function askReviews(id: string | number, headers: IncomingHttpHeaders): Promise<Fetched<Reviews>> {
  const first = await fetchJson<Reviews>(`${REVIEWS}/${id}`, headers, TIMEOUT_MS)
  return first.value === undefined ? fetchJson<Reviews>(`${REVIEWS}/${id}`, headers, TIMEOUT_MS) : first
}

serve('productpage', {
  '/': () => html(renderLanding()),
  '/health': () => json({ status: 'Product page is healthy' }),
  '/productpage': async ({ headers }) => {
    const product = PRODUCTS[0]!
    const from = withUser(headers)
    const [details, reviews] = await Promise.all([
      fetchJson<Details>(`${DETAILS}/${product.id}`, from, TIMEOUT_MS),
      askReviews(product.id, from),
    ])
    return html(
      renderPage({ product, user: userOf(headers), details: details.value, reviews: reviews.value }),
    )
  },
  '/login': ({ form }) => {
    const user = (form.get('username') ?? '').replace(/[^\w.@-]/g, '').slice(0, 64)
    return redirectHome(`session=${user}; Path=/; HttpOnly; SameSite=Lax`)
  },
  '/logout': () => redirectHome('session=; Path=/; Max-Age=0'),
  '/api/v1/products': () => json(PRODUCTS),
  '/api/v1/products/': async ({ path, headers }) => {
    const [id, part] = path.slice('/api/v1/products/'.length).split('/')
    const from = withUser(headers)
    const ask = {
      undefined: () => fetchJson<Details>(`${DETAILS}/${id}`, from, TIMEOUT_MS),
      reviews: () => askReviews(id ?? '', from),
      ratings: () => fetchJson<unknown>(`${RATINGS}/${id}`, from, TIMEOUT_MS),
    }[String(part) as 'undefined' | 'reviews' | 'ratings']
    if (ask === undefined || !/^\d+$/.test(id ?? '')) return json({ error: 'not found' }, 404)
    const { status, value } = await ask()
    return value === undefined ? json({ error: `the service answered ${status}` }, status) : json(value)
  },
})
