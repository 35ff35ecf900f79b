import { defineConfig } from '@batten/cli/config'

export default defineConfig({
  config: ['mesh'],
  workloads: {
    'productpage-*': { command: ['node', 'services/productpage/main.ts'] },
    'details-*': { command: ['node', 'services/details.ts'] },
    'reviews-*': { command: ['node', 'services/reviews.ts'] },
    'ratings-*': { command: ['node', 'services/ratings.ts'] },
  },
  filters: ['filters/served-by.ts'],
  landingPath: '/productpage',
})
