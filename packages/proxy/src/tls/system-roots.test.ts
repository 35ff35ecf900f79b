import { X509Certificate } from 'node:crypto'
import { expect, it } from 'vitest'
import { type ReadAuthorities, systemRoots } from './system-roots.ts'

const machine =
  (system: readonly string[]): ReadAuthorities =>
  (of) =>
    of === 'system' ? system : ['mozilla\n']

it.each<[string, readonly string[], string]>([
  ['those of the machine, each once', ['a\n', 'b', 'a\n'], 'a\nb\n'],
  ['those of Mozilla on a machine that trusts nobody', [], 'mozilla\n'],
])('the authorities are %s', (_title, system, trustedCa) => {
  expect(systemRoots(machine(system))).toEqual({ kind: 'validation', name: 'file-root:system', trustedCa })
})

it('every authority of this machine is a certificate', () => {
  const secret = systemRoots()
  const pems =
    secret.kind === 'validation' ? secret.trustedCa.match(/-----BEGIN[^-]*-----[^-]*-----END[^-]*-----/g) : []
  expect(pems!.length).toBeGreaterThan(0)
  expect(pems!.every((pem) => new X509Certificate(pem).subject !== '')).toBe(true)
})
