import type { PluginContext } from './plugin-context.ts'
import type { PropertyValue } from './property-encoding.ts'

/** Header map as guests use it: the part of `HeaderMap` that exists for callouts' responses as well. */
export interface GuestMap {
  get(name: string): string | undefined
  forEach(callback: (name: string, value: string) => void): void
  readonly byteSize: number
}

/** A map that may be changed. */
export interface MutableGuestMap extends GuestMap {
  set(name: string, value: string): void
  add(name: string, value: string): void
  remove(name: string): boolean
}

/**
 * What a guest knows by a context id: a plugin (root context) or a stream. The functions of the ABI ask the current
 * one; the defaults here are those of a root context, which has no request.
 */
export abstract class GuestContext {
  readonly id: number
  /** The guest's `on_done` said "not yet": it calls `proxy_done` later. */
  isDonePending = false

  constructor(id: number) {
    this.id = id
  }

  abstract readonly root: PluginContext

  /** A map for reading; undefined when there is none now. */
  map(_type: number): GuestMap | undefined {
    return undefined
  }

  /** A map for writing. */
  mutableMap(_type: number): MutableGuestMap | undefined {
    return undefined
  }

  /** True while the access log is written: maps that are missing are empty then rather than an error. */
  get isLogging(): boolean {
    return false
  }

  /** Bytes for reading; undefined when there are none now. */
  buffer(_type: number): Uint8Array | undefined {
    return undefined
  }

  /** Replaces bytes; false when they cannot be changed now. */
  setBuffer(_type: number, _bytes: Uint8Array): boolean {
    return false
  }

  /** A property of the stream, the plugin or the proxy. */
  abstract property(path: readonly string[]): PropertyValue

  /** False without a stream. */
  setProperty(_path: string, _value: Uint8Array): boolean {
    return false
  }

  /** Answers after the callback. On a root context this does nothing, as in Envoy. */
  localReply(_status: number, _body: Uint8Array, _headers: string[], _details: string, _grpc: number): void {}

  /** Lets a direction go on after the callback. */
  continueStream(_type: number): void {}

  /** Resets the stream after the callback. */
  closeStream(_type: number): void {}

  clearRouteCache(): void {}

  /** The guest said that it is done with this context, which was waiting for that. */
  abstract onGuestDone(): void
}
