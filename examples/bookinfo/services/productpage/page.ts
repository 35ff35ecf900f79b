import type { Details, Product, Review, Reviews } from './catalog.ts'
import { STYLE } from './style.ts'

/** Everything that the page shows; `undefined` stands for a service that did not answer. */
export interface PageModel {
  readonly product: Product
  readonly user: string | undefined
  readonly details: Details | undefined
  readonly reviews: Reviews | undefined
}

const ESCAPES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}
const escapeHtml = (text: string) => text.replace(/[&<>"']/g, (c) => ESCAPES[c]!)

export function renderPage({ product, user, details, reviews }: PageModel): string {
  return layout(
    product.title,
    user,
    `<section class="hero">
      <div class="cover" aria-hidden="true"><span>The Comedy<br>of Errors</span><small>Shakespeare</small></div>
      <div><p class="kicker">Book of the day</p><h1>${escapeHtml(product.title)}</h1><p class="lead">${escapeHtml(product.summary)}</p></div>
    </section>
    <div class="columns">
      <section><h2>Details</h2>${details ? renderDetails(details) : unavailable('details')}</section>
      <section><h2>Reviews</h2>${reviews ? renderReviews(reviews) : unavailable('reviews')}</section>
    </div>`,
  )
}

export function renderLanding(): string {
  return layout(
    'Bookinfo',
    undefined,
    `<section class="hero"><div><h1>Bookinfo</h1><p class="lead">A small shop of four services, run through a service mesh.</p><p><a class="button" href="/productpage">Open the product page</a></p></div></section>`,
  )
}

function layout(title: string, user: string | undefined, main: string): string {
  const account =
    user === undefined
      ? `<form method="post" action="/login"><input name="username" placeholder="user name, e.g. jason" aria-label="User name" required maxlength="64"><button>Sign in</button></form>`
      : `<span class="user">${escapeHtml(user)}</span> <a href="/logout">Sign out</a>`
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)} · Bookinfo</title><style>${STYLE}</style></head>
<body>
<header><a class="brand" href="/productpage">Bookinfo</a><nav>${account}</nav></header>
<main>${main}</main>
<footer>Reload to see where the mesh sends the next request.</footer>
</body></html>
`
}

function renderDetails(details: Details): string {
  const rows: [string, string][] = [
    ['Author', details.author],
    ['Year', String(details.year)],
    ['Type', details.type],
    ['Pages', String(details.pages)],
    ['Publisher', details.publisher],
    ['Language', details.language],
    ['ISBN-10', details['ISBN-10']],
    ['ISBN-13', details['ISBN-13']],
  ]
  return `<dl>${rows.map(([name, value]) => `<div><dt>${name}</dt><dd>${escapeHtml(value)}</dd></div>`).join('')}</dl>`
}

function renderReviews({ reviews, podname, version }: Reviews): string {
  const items = reviews.map(
    (review) =>
      `<li><blockquote>${escapeHtml(review.text)}</blockquote><p class="by">${escapeHtml(review.reviewer)} ${renderRating(review)}</p></li>`,
  )
  return `<ul class="reviews">${items.join('')}</ul><p class="served">served by <code>${escapeHtml(podname)}</code> <span class="tag tag-${escapeHtml(version)}">${escapeHtml(version)}</span></p>`
}

function renderRating({ rating }: Review): string {
  if (rating === undefined) return ''
  if ('error' in rating) return `<span class="problem">${escapeHtml(rating.error)}</span>`
  const stars = Math.max(0, Math.min(5, rating.stars))
  return `<span class="stars ${rating.color === 'red' ? 'red' : 'black'}" role="img" aria-label="${stars} of 5 stars">${'★'.repeat(stars)}${'☆'.repeat(5 - stars)}</span>`
}

function unavailable(service: string): string {
  return `<p class="problem" role="status"><strong>Error fetching product ${service}!</strong> Sorry, product ${service} are currently unavailable for this book.</p>`
}
