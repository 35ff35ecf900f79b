import { message, text } from '../node.ts'

/** How a string is compared. */
export const StringMatch = message(
  'StringMatch',
  'Compares a string: equal, by its beginning, or with a regular expression. Case sensitive.',
  {
    exact: text('The whole string must be equal.', { example: '/login' }),
    prefix: text('The string must begin with this.', { example: '/api/' }),
    regex: text('The whole string must match this regular expression in RE2 syntax.', {
      example: '/v[0-9]+/.*',
    }),
  },
  {
    oneOfs: [{ name: 'StringMatchType', fields: ['exact', 'prefix', 'regex'] }],
    example: 'prefix: /api/',
  },
)
