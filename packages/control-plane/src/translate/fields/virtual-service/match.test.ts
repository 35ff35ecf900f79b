import type { HTTPMatchRequest } from '@batten/api'
import type { RouteMatch } from '@batten/xds'
import { describe, expect, it } from 'vitest'
import { isCatchAll, matchToRouteMatch } from './match.ts'

const sensitive = { caseSensitive: { value: true } }

describe('matchToRouteMatch', () => {
  it.each<[string, HTTPMatchRequest | undefined, RouteMatch]>([
    ['takes everything without a match', undefined, { prefix: '/' }],
    ['takes everything with an empty match', {}, { prefix: '/', ...sensitive }],
    ['compares the whole path', { uri: { exact: '/a' } }, { path: '/a', ...sensitive }],
    ['compares the beginning of the path', { uri: { prefix: '/a' } }, { prefix: '/a', ...sensitive }],
    [
      'matches the path with a regular expression',
      { uri: { regex: '/a.*' } },
      { safeRegex: { regex: '/a.*' }, ...sensitive },
    ],
    [
      'ignores the case of the path on demand',
      { uri: { exact: '/A' }, ignoreUriCase: true },
      { path: '/A', caseSensitive: { value: false } },
    ],
    [
      'asks for headers in alphabetical order, whatever the order in the object',
      { headers: { b: { exact: '1' }, a: { prefix: '2' }, c: { regex: '3+' } } },
      {
        prefix: '/',
        ...sensitive,
        headers: [
          { name: 'a', stringMatch: { prefix: '2' } },
          { name: 'b', stringMatch: { exact: '1' } },
          { name: 'c', stringMatch: { safeRegex: { regex: '3+' } } },
        ],
      },
    ],
    [
      'asks only that a header is there when it has no value or any',
      { headers: { a: {}, b: { regex: '.*' } } },
      {
        prefix: '/',
        ...sensitive,
        headers: [
          { name: 'a', presentMatch: true },
          { name: 'b', presentMatch: true },
        ],
      },
    ],
    [
      'takes requests without a header, or with another value of it',
      { withoutHeaders: { a: {}, b: { exact: '1' } } },
      {
        prefix: '/',
        ...sensitive,
        headers: [
          { name: 'a', presentMatch: true, invertMatch: true },
          { name: 'b', stringMatch: { exact: '1' }, invertMatch: true, treatMissingHeaderAsEmpty: true },
        ],
      },
    ],
    [
      'turns method, authority and scheme into pseudo headers',
      { method: { exact: 'GET' }, authority: { prefix: 'a.' }, scheme: { exact: 'https' } },
      {
        prefix: '/',
        ...sensitive,
        headers: [
          { name: ':method', stringMatch: { exact: 'GET' } },
          { name: ':authority', stringMatch: { prefix: 'a.' } },
          { name: ':scheme', stringMatch: { exact: 'https' } },
        ],
      },
    ],
    [
      'asks for query parameters',
      { queryParams: { b: {}, a: { exact: '1' } } },
      {
        prefix: '/',
        ...sensitive,
        queryParameters: [
          { name: 'a', stringMatch: { exact: '1' } },
          { name: 'b', presentMatch: true },
        ],
      },
    ],
  ])('%s', (_title, match, expected) => {
    expect(matchToRouteMatch(match)).toEqual(expected)
  })
})

describe('isCatchAll', () => {
  it.each<[boolean, HTTPMatchRequest | undefined]>([
    [true, undefined],
    [true, {}],
    [true, { uri: { prefix: '/' } }],
    [true, { uri: { regex: '.*' } }],
    [true, { gateways: ['mesh'], port: 80 }],
    [false, { uri: { prefix: '/a' } }],
    [false, { uri: { exact: '/' } }],
    [false, { headers: { a: {} } }],
    [false, { withoutHeaders: { a: {} } }],
    [false, { queryParams: { a: {} } }],
    [false, { method: { exact: 'GET' } }],
    [false, { authority: { exact: 'a' } }],
    [false, { scheme: { exact: 'http' } }],
  ])('%s: %j', (expected, match) => {
    expect(isCatchAll(match)).toBe(expected)
  })
})
