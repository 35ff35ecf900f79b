import { errorMessage } from '@batten/core'
import { codec, contentVersion, type MessageName, type MessageTypes } from '@batten/xds'
import type { Reader } from '../model/incremental.ts'
import type { Resource } from '../model/resource.ts'
import type { MeshSnapshot } from '../model/snapshot.ts'

/**
 * Encodes resources, each content once for the whole mesh: equal bytes under an equal name are the same object,
 * whoever asks.
 */
const interned = new Map<string, WeakRef<Resource>>()
const forget = new FinalizationRegistry<string>((key) => {
  if (interned.get(key)?.deref() === undefined) interned.delete(key)
})

/** The resource for a message. */
export function encodeResource<N extends MessageName>(
  messageName: N,
  name: string,
  message: MessageTypes[N],
): Resource {
  const { typeUrl, encode } = encoderOf(messageName)
  const value = encode(message)
  const version = contentVersion(value)
  const key = `${typeUrl} ${name} ${version}`
  const known = interned.get(key)?.deref()
  if (known !== undefined) return known
  const resource: Resource = Object.freeze({ typeUrl, name, version, value })
  interned.set(key, new WeakRef(resource))
  forget.register(resource, key)
  return resource
}

/**
 * Builds one resource; when that fails, says so and gives undefined, so that one bad object never costs the others their
 * push.
 *
 * @param blamed - the object that the user has to look at, when it is known
 */
export function guarded<T>(
  read: Reader<MeshSnapshot>,
  subject: string,
  build: () => T,
  blamed: { readonly object?: string | undefined; readonly path?: string | undefined } = {},
): T | undefined {
  try {
    return build()
  } catch (thrown) {
    const message = errorMessage(thrown)
    read.report({ code: 'CP_TRANSLATION_FAILED', severity: 'error', subject, message, ...blamed })
    return undefined
  }
}

/** Whether two resources mean the same: the test by which queries stop a change. */
export function isSameResource(a: Resource | undefined, b: Resource | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && a.name === b.name && a.version === b.version)
}

function encoderOf<N extends MessageName>(name: N) {
  const found = codec(name)
  return { typeUrl: found.typeUrl, encode: (message: MessageTypes[N]) => found.encode(message) }
}
