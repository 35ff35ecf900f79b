import { expect, it } from 'vitest'
import { plainScalar } from './scalar.ts'

it('reads plain scalars as go-yaml does', () => {
  const cases: readonly (readonly [string, unknown])[] = [
    ['no', false],
    ['On', true],
    ['y', true],
    ['N', false],
    ['tRue', 'tRue'],
    ['~', null],
    ['NULL', null],
    ['nUll', 'nUll'],
    ['0120', 80],
    ['0o17', 15],
    ['08', 8],
    ['0xFFFF', 65535],
    ['0b101', 5],
    ['8_080', 8080],
    ['80.0', 80],
    ['8e1', 80],
    ['12e4', 120000],
    ['1:20', '1:20'],
    ['.5', 0.5],
    ['+.5', 0.5],
    ['5.', 5],
    ['1e400', '1e400'],
    ['-1e400', '-1e400'],
    ['.1e999', '.1e999'],
    ['18446744073709551616', 18446744073709552000],
    ['2001-01-01', '2001-01-01'],
    ['0xg', '0xg'],
    ['+-1', '+-1'],
  ]
  expect(cases.map(([text]) => [text, plainScalar(text)])).toEqual(cases)
})
