import { describe, expect, it } from 'vitest'
import { partRules } from '../src/gen/rules/index.ts'
import type { RuleNode } from '../src/validate/rule-node.ts'
import { validate } from '../src/validate/validate.ts'
import { GATEWAY_REPEATED, GATEWAY_ROWS, POLICY_ROWS } from './gateway-api-gateway-rows.ts'
import { GRPC_ROWS, HTTP_ROWS, type Row, TCP_ROWS, TLS_REPEATED, TLS_ROWS } from './gateway-api-route-rows.ts'

const GROUP = 'gateway.networking.k8s.io'

/** For each rule a spec that keeps it and one that does not. */
const ROWS: Readonly<Record<string, readonly Row[]>> = {
  HTTPRoute: HTTP_ROWS,
  GRPCRoute: GRPC_ROWS,
  TCPRoute: TCP_ROWS,
  TLSRoute: TLS_ROWS,
  Gateway: GATEWAY_ROWS,
  BackendTLSPolicy: POLICY_ROWS,
}

/** The same for rules that say nothing, because the schema says it with the place. */
const REPEATED: Readonly<Record<string, readonly Row[]>> = {
  TLSRoute: TLS_REPEATED,
  Gateway: GATEWAY_REPEATED,
}

/** Rules that no spec breaks by itself, and why. */
const NOT_IN_A_TABLE: Readonly<Record<string, string>> = {
  "type must be one of ['Exact', 'PathPrefix', 'RegularExpression']":
    'the enumeration of the field refuses other types, and rules do not run after that',
  'Value is immutable': 'it is about an update, which has a test of its own',
}

function said(kind: string, spec: unknown): string[] {
  const object = { apiVersion: `${GROUP}/v1`, kind, metadata: { name: 'a' }, spec }
  return validate(object as never).map(({ message }) => message)
}

function messagesOf(node: RuleNode | undefined): string[] {
  if (node === undefined) return []
  return [
    ...(node.rules ?? []).map(({ message }) => message ?? ''),
    ...Object.values(node.fields ?? {}).flatMap(messagesOf),
    ...messagesOf(node.items),
    ...messagesOf(node.values),
  ]
}

for (const [kind, rows] of Object.entries(ROWS)) {
  describe(`the rules of ${kind}`, () => {
    for (const [message, path, keeps, breaks, also = []] of rows) {
      it(`${path}: ${message}`, () => {
        expect(said(kind, keeps)).toEqual([])
        expect(said(kind, breaks).sort()).toEqual([`${path}: Invalid value: ${message}`, ...also].sort())
      })
    }

    for (const [message, path, keeps, breaks, expected = []] of REPEATED[kind] ?? []) {
      it(`${path}: ${message}, as the schema says`, () => {
        expect(said(kind, keeps)).toEqual([])
        expect(said(kind, breaks)).toEqual(expected)
      })
    }

    it('are all in the table', () => {
      const tables = [...rows, ...(REPEATED[kind] ?? [])]
      const known = new Set([...tables.map(([message]) => message), ...Object.keys(NOT_IN_A_TABLE)])
      const rules = messagesOf(partRules[`${GROUP}/${kind}`]?.['spec'])
      expect([...new Set(rules)].filter((message) => !known.has(message))).toEqual([])
      expect(rules.length).toBeGreaterThan(0)
    })
  })
}

describe('kinds of the Gateway API without rules for a new object', () => {
  it.each([
    ['GatewayClass', ['Value is immutable']],
    ['ReferenceGrant', []],
  ])('%s', (kind, expected) => {
    expect(messagesOf(partRules[`${GROUP}/${kind}`]?.['spec'])).toEqual(expected)
  })
})
