import { expect, it } from 'vitest'
import { differences, observe } from './observation.ts'

const ports = new Map([
  ['43657', '<listener>'],
  ['4365', '<upstream a>'],
])

it('names the ports of a run, and leaves longer numbers alone that hold their digits', () => {
  const log = ['127.0.0.1:43657 4365 |268436576: 43657.']
  expect(observe([], new Map(), log, {}, ports).log).toEqual([
    '127.0.0.1:<listener> <upstream a> |268436576: <listener>.',
  ])
})

it('finds each difference at its place', () => {
  const reference = observe([], new Map(), ['a', 'b'], { 'cluster.a.upstream_rq_total': 1 }, ports)
  const subject = observe([], new Map(), ['a', 'c'], { 'cluster.a.upstream_rq_total': 2 }, ports)
  expect(differences(reference, subject)).toEqual([
    { at: 'log[1]', reference: 'b', subject: 'c' },
    { at: 'counters.cluster.a.upstream_rq_total', reference: 1, subject: 2 },
  ])
})
