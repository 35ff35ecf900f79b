import { describe, expect, it } from 'vitest'
import { fromYaml } from '../yaml/parse.ts'
import { type ValidateOptions, validate } from './validate.ts'

const SUBDOMAIN =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
const NAME =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"

function found(metadata: string, options: ValidateOptions = {}): string[] {
  const text = `apiVersion: networking.istio.io/v1\nkind: WorkloadEntry\nmetadata: ${metadata}\nspec: {address: a.b}\n`
  return validate(fromYaml(text).documents, options).map(
    ({ severity, path, message }) => `${severity} ${path}: ${message}`,
  )
}

describe('metadata is checked as in every object of Kubernetes', () => {
  const cases: readonly (readonly [title: string, metadata: string, expected: readonly string[]])[] = [
    [
      'a name is needed, or the beginning of one',
      '{}',
      ['error metadata.name: metadata.name: Required value: name or generateName is required'],
    ],
    [
      'null is no name',
      '{name: null}',
      ['error metadata.name: metadata.name: Required value: name or generateName is required'],
    ],
    ['null is as good as nothing elsewhere', '{name: a, labels: null, annotations: {a: null}}', []],
    ['a beginning may end in a dash', '{generateName: a-}', []],
    [
      'a beginning must have the form of a name',
      '{generateName: A_}',
      [`error metadata.generateName: metadata.generateName: Invalid value: "A_": ${SUBDOMAIN}`],
    ],
    [
      'names may be long, but not longer than 253 characters',
      `{name: ${'a'.repeat(254)}}`,
      [
        `error metadata.name: metadata.name: Invalid value: "${'a'.repeat(254)}": must be no more than 253 characters`,
      ],
    ],
    [
      'keys of annotations may be in upper case, those of labels only behind the slash',
      '{name: a, annotations: {A.b/C: d}, labels: {a.b/C: D}}',
      [],
    ],
    [
      'owners have a version, a kind, a name and an identity, and one of them controls',
      '{name: a, ownerReferences: [{apiVersion: apps/, kind: "", name: "", uid: "", controller: true}, {apiVersion: v1, kind: Event, name: b, uid: c, controller: true}]}',
      [
        'error metadata.ownerReferences[0].apiVersion: metadata.ownerReferences[0].apiVersion: Invalid value: "apps/": version must not be empty',
        'error metadata.ownerReferences[0].kind: metadata.ownerReferences[0].kind: Invalid value: "": must not be empty',
        'error metadata.ownerReferences[0].name: metadata.ownerReferences[0].name: Invalid value: "": must not be empty',
        'error metadata.ownerReferences[0].uid: metadata.ownerReferences[0].uid: Invalid value: "": must not be empty',
        'error metadata.ownerReferences[1]: metadata.ownerReferences[1]: Invalid value: "object": /v1, Kind=Event is disallowed from being an owner',
        'error metadata.ownerReferences: metadata.ownerReferences: Invalid value: "array": Only one reference can have Controller set to true. Found "true" in references for  and b',
      ],
    ],
    [
      'finalizers are qualified names, and two of them exclude each other',
      '{name: a, finalizers: [a.b/c, "a b", orphan, foregroundDeletion]}',
      [
        `error metadata.finalizers: metadata.finalizers: Invalid value: "a b": ${NAME}`,
        'error metadata.finalizers: metadata.finalizers: Invalid value: "array": finalizer orphan and foregroundDeletion cannot be both set',
      ],
    ],
    [
      'times have the form of RFC 3339',
      '{name: a, creationTimestamp: null, deletionTimestamp: yesterday}',
      [
        'error metadata.deletionTimestamp: metadata.deletionTimestamp: Invalid value: "yesterday": metadata.deletionTimestamp in body must be of type date-time: "yesterday"',
      ],
    ],
  ]
  for (const [title, metadata, expected] of cases) it(title, () => expect(found(metadata)).toEqual(expected))

  it('annotations are counted in bytes', () => {
    const limit = 256 * 1024
    const annotations = (text: string): string[] => found(`{name: a, annotations: {k: "${text}"}}`)
    expect(annotations('é'.repeat(limit / 2 - 1))).toEqual([])
    expect(annotations('é'.repeat(limit / 2))).toEqual([
      `error metadata.annotations: metadata.annotations: Too long: may not be more than ${limit} bytes`,
    ])
  })

  it('unknown fields are refused, warned of or ignored, as asked for', () => {
    const metadata = '{name: a, lables: {}}'
    const message = 'metadata.lables: unknown field "metadata.lables"'
    expect(found(metadata)).toEqual([`error ${message}`])
    expect(found(metadata, { fieldValidation: 'Warn' })).toEqual([`warning ${message}`])
    expect(found(metadata, { fieldValidation: 'Ignore' })).toEqual([])
  })
})
