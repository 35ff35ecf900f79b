import { CelError, typeOf, type Value } from '../value.ts'
import { conversions } from './conversions.ts'
import { lists } from './lists.ts'
import { network } from './network.ts'
import { operators } from './operators.ts'
import { optionals } from './optionals.ts'
import { quantities } from './quantity.ts'
import type { Definition } from './registry.ts'
import { strings } from './strings.ts'
import { time } from './time.ts'
import { urls } from './url.ts'

const functions = new Map<string, Definition[]>()
for (const definition of [
  ...operators,
  ...conversions,
  ...strings,
  ...lists,
  ...time,
  ...urls,
  ...network,
  ...quantities,
  ...optionals,
]) {
  functions.set(definition.name, [...(functions.get(definition.name) ?? []), definition])
}

/** Whether there is a function of this name. */
export function isFunction(name: string): boolean {
  return functions.has(name)
}

/** Calls the overload that takes the arguments. */
export function callFunction(name: string, args: readonly Value[], isMethod: boolean): Value {
  for (const { form, run } of functions.get(name) ?? []) {
    if (form !== 'both' && (form === 'method') !== isMethod) continue
    const value = run(args)
    if (value !== undefined) return value
  }
  throw new CelError(`no such overload: ${name}(${args.map(typeOf).join(', ')})`)
}
