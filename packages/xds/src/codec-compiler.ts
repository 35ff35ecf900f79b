import type protobuf from 'protobufjs/minimal.js'
import {
  enumDescriptor,
  type FieldDescriptor,
  type MessageDescriptor,
  type ScalarType,
  type ValueType,
} from './descriptor.ts'
import {
  badValue,
  MAX_DEPTH,
  narrow,
  readBytes,
  readEnd,
  setEntry,
  skipField,
  sortedKeys,
  tooDeep,
  truncated,
  widen,
} from './wire.ts'

/** A message as a plain object, untyped. */
export type PlainMessage = Record<string, unknown>

/** The two functions that are compiled for a message, each when it is first used. */
export interface MessageFunctions {
  /** Reads fields up to `end` into `message` and returns it. */
  read(reader: protobuf.Reader, end: number, message: PlainMessage, depth: number): PlainMessage
  /** Writes the fields of `message` in ascending number, map entries in ascending key. */
  write(message: PlainMessage, writer: protobuf.Writer, depth: number): void
}

/** Finds the functions of another message. */
export type Resolve = (name: string) => MessageFunctions

const VARINT = 0
const FIXED64 = 1
const DELIMITED = 2
const FIXED32 = 5

const WIRE_TYPES: Readonly<Record<ScalarType, number>> = {
  bool: VARINT,
  string: DELIMITED,
  bytes: DELIMITED,
  double: FIXED64,
  float: FIXED32,
  int32: VARINT,
  uint32: VARINT,
  sint32: VARINT,
  fixed32: FIXED32,
  sfixed32: FIXED32,
  int64: VARINT,
  uint64: VARINT,
  sint64: VARINT,
  fixed64: FIXED64,
  sfixed64: FIXED64,
}

/** What generated code may refer to; everything else in it is literals. */
const RUNTIME = {
  badValue,
  readBytes,
  readEnd,
  narrow,
  widen,
  setEntry,
  skipField,
  sortedKeys,
  tooDeep,
  truncated,
  enumNumber,
}

/** Names that generated code uses for sub-messages and enums. */
class Scope {
  readonly #names: string[] = ['R']
  readonly #values: unknown[] = [RUNTIME]
  readonly #known = new Map<string, string>()
  readonly #resolve: Resolve

  constructor(resolve: Resolve) {
    this.#resolve = resolve
  }

  message(name: string): string {
    return this.#add(name, 'c', () => this.#resolve(name))
  }

  enum(name: string): string {
    return this.#add(name, 'e', () => enumDescriptor(name))
  }

  /** Generated code contains no text from the network: names come from the generated descriptor. */
  compile<F>(code: string): F {
    return new Function(...this.#names, `'use strict';return ${code}`)(...this.#values) as F
  }

  #add(key: string, letter: string, value: () => unknown): string {
    let name = this.#known.get(key)
    if (name === undefined) {
      name = `${letter}${this.#names.length}`
      this.#known.set(key, name)
      this.#names.push(name)
      this.#values.push(value())
    }
    return name
  }
}

/** Functions that compile themselves on their first call. */
export function createMessageFunctions(descriptor: MessageDescriptor, resolve: Resolve): MessageFunctions {
  const functions: MessageFunctions = {
    read(reader, end, message, depth) {
      functions.read = compileRead(descriptor, resolve)
      return functions.read(reader, end, message, depth)
    },
    write(message, writer, depth) {
      functions.write = compileWrite(descriptor, resolve)
      functions.write(message, writer, depth)
    },
  }
  return functions
}

// === reading ===

function compileRead(descriptor: MessageDescriptor, resolve: Resolve): MessageFunctions['read'] {
  const scope = new Scope(resolve)
  const oneofs = [...new Set(descriptor.fields.flatMap((field) => field.oneof ?? []))]
  const cases = descriptor.fields.map((field) => readCases(field, scope, oneofs)).join('')
  const name = JSON.stringify(descriptor.name)
  return scope.compile(`function(r,end,m,d){
if(d>${MAX_DEPTH})throw R.tooDeep();
${oneofs.map((_, i) => `let o${i};`).join('')}let e,n;
while(r.pos<end){const t=r.tag();switch(t){
${cases}default:R.skipField(r,t,${name})}}
if(r.pos!==end)throw R.truncated();
return m}`)
}

function readCases(field: FieldDescriptor, scope: Scope, oneofs: string[]): string {
  const property = `m.${field.name}`
  const tag = (wireType: number) => field.number * 8 + wireType
  if (field.mapKey !== undefined) {
    const key = scalarRead(field.mapKey)
    const value = field.value
    const initial = value.kind === 'message' ? '{}' : defaultValue(value, scope)
    const readValue =
      value.kind === 'message'
        ? `e=R.readEnd(r,me);v=${scope.message(value.name)}.read(r,e,v,d+1)`
        : `v=${valueRead(value, scope)}`
    return `case ${tag(DELIMITED)}:{const me=R.readEnd(r,end);let k=${defaultOf(field.mapKey)},v=${initial};
while(r.pos<me){const t=r.tag();switch(t){case ${8 + WIRE_TYPES[field.mapKey]}:k=${key};break;
case ${16 + wireType(value)}:${readValue};break;default:R.skipField(r,t,"map entry")}}
if(r.pos!==me)throw R.truncated();
R.setEntry(${property}??={},k,v);break}\n`
  }
  if (field.repeated) {
    if (field.value.kind === 'message')
      return `case ${tag(DELIMITED)}:e=R.readEnd(r,end);(${property}??=[]).push(${scope.message(field.value.name)}.read(r,e,{},d+1));break;\n`
    const read = valueRead(field.value, scope)
    const one = `case ${tag(wireType(field.value))}:(${property}??=[]).push(${read});break;\n`
    if (wireType(field.value) === DELIMITED) return one
    return `${one}case ${tag(DELIMITED)}:{e=R.readEnd(r,end);const a=${property}??=[];while(r.pos<e)a.push(${read});
if(r.pos!==e)throw R.truncated();break}\n`
  }
  // Of a oneof the last one on the wire counts.
  const slot = field.oneof === undefined ? -1 : oneofs.indexOf(field.oneof)
  const name = JSON.stringify(field.name)
  const choose =
    slot < 0 ? '' : `if(o${slot}!==undefined&&o${slot}!==${name})delete m[o${slot}];o${slot}=${name};`
  if (field.value.kind === 'message') {
    const functions = scope.message(field.value.name)
    return `case ${tag(DELIMITED)}:${choose}e=R.readEnd(r,end);${property}=${functions}.read(r,e,${property}??{},d+1);break;\n`
  }
  return `case ${tag(wireType(field.value))}:${choose}${property}=${valueRead(field.value, scope)};break;\n`
}

function valueRead(value: ValueType, scope: Scope): string {
  if (value.kind === 'scalar') return scalarRead(value.scalar)
  const name = scope.enum((value as { name: string }).name)
  return `(n=r.int32(),${name}.byNumber.get(n)??String(n))`
}

function scalarRead(scalar: ScalarType): string {
  if (scalar === 'bytes') return 'R.readBytes(r)'
  return isWide(scalar) ? `R.narrow(r.${scalar}())` : `r.${scalar}()`
}

function defaultValue(value: ValueType, scope: Scope): string {
  if (value.kind === 'enum') return `${scope.enum(value.name)}.byNumber.get(0)`
  return defaultOf((value as { scalar: ScalarType }).scalar)
}

function defaultOf(scalar: ScalarType): string {
  if (scalar === 'bool') return 'false'
  if (scalar === 'string') return '""'
  return scalar === 'bytes' ? 'new Uint8Array(0)' : '0'
}

// === writing ===

function compileWrite(descriptor: MessageDescriptor, resolve: Resolve): MessageFunctions['write'] {
  const scope = new Scope(resolve)
  const statements = descriptor.fields
    .map((field) => writeStatement(descriptor.name, field, scope))
    .join('\n')
  return scope.compile(`function(m,w,d){
if(d>${MAX_DEPTH})throw R.tooDeep();
let v,n;
${statements}
}`)
}

function writeStatement(message: string, field: FieldDescriptor, scope: Scope): string {
  const tag = (wireType: number) => `w.uint32(${field.number * 8 + wireType})`
  const fail = (expected: string, value: string) =>
    `throw R.badValue(${JSON.stringify(message)},${JSON.stringify(field.name)},${JSON.stringify(expected)},${value})`
  const get = `v=m.${field.name};if(v!==undefined&&v!==null)`
  if (field.mapKey !== undefined) {
    const key =
      field.mapKey === 'string'
        ? 'k'
        : field.mapKey === 'bool'
          ? 'k==="true"'
          : isWide(field.mapKey)
            ? 'BigInt(k)'
            : 'Number(k)'
    const writeKey = scalarWrite(field.mapKey, key, `w.uint32(${8 + WIRE_TYPES[field.mapKey]})`)
    const writeValue = elementWrite(field.value, 'x', (type) => `w.uint32(${16 + type})`, scope, fail)
    return `${get}{if(typeof v!=='object')${fail('an object', 'v')};
for(const k of R.sortedKeys(v)){const x=v[k];${tag(DELIMITED)}.fork();${writeKey};${writeValue};w.ldelim()}}`
  }
  if (field.repeated) {
    const check = `if(!Array.isArray(v))${fail('an array', 'v')};`
    if (wireType(field.value) === DELIMITED)
      return `${get}{${check}for(let i=0;i<v.length;i++){const x=v[i];${elementWrite(field.value, 'x', tag, scope, fail)}}}`
    const write = elementWrite(field.value, 'x', () => 'w', scope, fail)
    return `${get}{${check}if(v.length>0){${tag(DELIMITED)}.fork();for(let i=0;i<v.length;i++){const x=v[i];${write}}w.ldelim()}}`
  }
  if (field.presence) return `${get}{${elementWrite(field.value, 'v', tag, scope, fail)}}`
  return `${get}{${elementWrite(field.value, 'v', tag, scope, fail, true)}}`
}

/** Checks the type of one value and writes it; `skipDefault` leaves out what proto3 leaves out. */
function elementWrite(
  value: ValueType,
  variable: string,
  tag: (wireType: number) => string,
  scope: Scope,
  fail: (expected: string, value: string) => string,
  skipDefault = false,
): string {
  if (value.kind === 'message') {
    const functions = scope.message(value.name)
    return `if(typeof ${variable}!=='object'||${variable}===null)${fail(value.name, variable)};${tag(DELIMITED)}.fork();${functions}.write(${variable},w,d+1);w.ldelim()`
  }
  if (value.kind === 'enum') {
    const guard = skipDefault ? 'if(n!==0)' : ''
    return `n=R.enumNumber(${scope.enum(value.name)},${variable});if(n===undefined)${fail(`a value of ${value.name}`, variable)};${guard}${tag(VARINT)}.int32(n)`
  }
  const { scalar } = value
  const check = `if(${wrongType(scalar, variable)})${fail(expectedType(scalar), variable)};`
  const guard = skipDefault ? `if(${isNotDefault(scalar, variable)})` : ''
  return `${check}${guard}${scalarWrite(scalar, variable, tag(WIRE_TYPES[scalar]))}`
}

function scalarWrite(scalar: ScalarType, variable: string, target: string): string {
  if (!isWide(scalar)) return `${target}.${scalar}(${variable})`
  return `${target}.${scalar}(R.widen(${variable},${scalar === 'uint64' || scalar === 'fixed64'}))`
}

function wrongType(scalar: ScalarType, variable: string): string {
  if (scalar === 'string') return `typeof ${variable}!=='string'`
  if (scalar === 'bool') return `typeof ${variable}!=='boolean'`
  if (scalar === 'bytes') return `!(${variable} instanceof Uint8Array)`
  if (isWide(scalar)) return `typeof ${variable}!=='bigint'&&!Number.isInteger(${variable})`
  if (scalar === 'double' || scalar === 'float') return `typeof ${variable}!=='number'`
  const unsigned = scalar === 'uint32' || scalar === 'fixed32'
  return `${variable}!==(${variable}${unsigned ? '>>>' : '|'}0)`
}

function expectedType(scalar: ScalarType): string {
  if (scalar === 'bool') return 'a boolean'
  if (scalar === 'string') return 'a string'
  if (scalar === 'bytes') return 'a Uint8Array'
  return scalar === 'double' || scalar === 'float' ? 'a number' : `an integer (${scalar})`
}

function isNotDefault(scalar: ScalarType, variable: string): string {
  if (scalar === 'bool') return variable
  if (scalar === 'string') return `${variable}!==''`
  if (scalar === 'bytes') return `${variable}.length>0`
  return isWide(scalar) ? `${variable}!=0` : `${variable}!==0`
}

function isWide(scalar: ScalarType): boolean {
  return scalar.endsWith('64')
}

function wireType(value: ValueType): number {
  if (value.kind === 'message') return DELIMITED
  return value.kind === 'enum' ? VARINT : WIRE_TYPES[value.scalar]
}

/** Enums are names; a number (or a numeral, how unknown values are read) is written as it is. */
function enumNumber(entry: { byName: ReadonlyMap<string, number> }, value: unknown): number | undefined {
  if (typeof value === 'number') return value === (value | 0) ? value : undefined
  const number = entry.byName.get(value as string)
  if (number !== undefined) return number
  return typeof value === 'string' && /^-?\d{1,10}$/.test(value) ? Number(value) | 0 : undefined
}
