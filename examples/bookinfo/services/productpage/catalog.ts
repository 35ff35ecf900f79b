/** What productpage knows of a book, and what the other services say about it. */
export interface Product {
  readonly id: number
  readonly title: string
  readonly summary: string
}

export interface Details {
  readonly author: string
  readonly year: number
  readonly type: string
  readonly pages: number
  readonly publisher: string
  readonly language: string
  readonly 'ISBN-10': string
  readonly 'ISBN-13': string
}

export interface Review {
  readonly reviewer: string
  readonly text: string
  readonly rating?: { readonly stars: number; readonly color: string } | { readonly error: string }
}

export interface Reviews {
  readonly podname: string
  readonly version: string
  readonly reviews: readonly Review[]
}

export const PRODUCTS: readonly Product[] = [
  {
    id: 0,
    title: 'The Comedy of Errors',
    summary:
      'Two pairs of twins, parted by a shipwreck, come to the same town on the same day and are taken for each other by everybody, wives and goldsmiths included. One of Shakespeare’s earliest plays, and his shortest.',
  },
]
