import { type FSWatcher, readFileSync, watch } from 'node:fs'
import { basename, dirname } from 'node:path'
import { errorMessage, type Logger } from '@batten/core'
import {
  codec,
  contentVersion,
  type DiscoveryResponse,
  FULL_STATE_TYPES,
  messageFromJson,
  shortTypeName,
} from '@batten/xds'
import { parseYaml } from '../bootstrap/parse-yaml.ts'
import type { ArrivedResource, ResourceHandler } from './resource-handler.ts'
import type { SubscriptionSink } from './sources.ts'

const MAX_BYTES = 64 * 1024 * 1024

/**
 * A file with a `DiscoveryResponse` (JSON, YAML, or `.pb` for binary), read again whenever it is replaced or
 * rewritten. A bad file changes nothing; the log says what is wrong with it.
 *
 * Differs from Envoy: a configuration file that is rewritten in place is noticed, not only one that is moved over.
 *
 * @see https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol#filesystem-subscriptions
 */
export class FileSource implements SubscriptionSink {
  readonly #path: string
  readonly #handlers: ReadonlyMap<string, ResourceHandler>
  readonly #log: Logger
  readonly #wanted = new Map<string, Set<string>>()
  readonly #everything = new Set<string>()
  /** What a full-state type had the last time, to tell what is gone. */
  readonly #known = new Map<string, Set<string>>()
  #watcher: FSWatcher | undefined
  #scheduled = false
  #closed = false

  constructor(path: string, handlers: readonly ResourceHandler[], log: Logger) {
    this.#path = path
    this.#handlers = new Map(handlers.map((handler) => [handler.typeUrl, handler]))
    this.#log = log
  }

  wantAll(typeUrl: string): void {
    this.#everything.add(typeUrl)
    this.#start()
  }

  want(typeUrl: string, name: string): void {
    let names = this.#wanted.get(typeUrl)
    if (names === undefined) this.#wanted.set(typeUrl, (names = new Set()))
    names.add(name)
    this.#start()
  }

  drop(typeUrl: string, name: string): void {
    this.#wanted.get(typeUrl)?.delete(name)
  }

  close(): void {
    this.#closed = true
    this.#watcher?.close()
  }

  #start(): void {
    if (this.#watcher === undefined && !this.#closed) {
      try {
        // The directory is watched, since a file that is replaced is another file afterwards.
        const name = basename(this.#path)
        this.#watcher = watch(dirname(this.#path), (_event, changed) => {
          if (changed === null || changed === name || changed === '..data') this.#schedule()
        })
        this.#watcher.on('error', (error) =>
          this.#log.warn('cannot watch a file', { path: this.#path, error }),
        )
        this.#watcher.unref()
      } catch (thrown) {
        this.#log.warn('cannot watch a file', { path: this.#path, reason: errorMessage(thrown) })
      }
    }
    this.#schedule()
  }

  /** Reads after the current turn: several wishes and several events of one change are one reading. */
  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      if (!this.#closed) this.#read()
    })
  }

  #read(): void {
    let response: DiscoveryResponse
    try {
      const bytes = readFileSync(this.#path)
      if (bytes.length > MAX_BYTES) throw new RangeError(`larger than ${MAX_BYTES} bytes`)
      response = this.#path.endsWith('.pb')
        ? codec('envoy.service.discovery.v3.DiscoveryResponse').decode(bytes)
        : messageFromJson(
            'envoy.service.discovery.v3.DiscoveryResponse',
            parseYaml(bytes.toString('utf8'), this.#path),
          )
    } catch (thrown) {
      this.#log.warn('a configuration file is not applied', {
        path: this.#path,
        reason: errorMessage(thrown),
      })
      return
    }
    for (const [typeUrl, handler] of this.#handlers) this.#apply(typeUrl, handler, response)
  }

  #apply(typeUrl: string, handler: ResourceHandler, response: DiscoveryResponse): void {
    const all = this.#everything.has(typeUrl)
    const wanted = this.#wanted.get(typeUrl)
    if (!all && (wanted === undefined || wanted.size === 0)) return
    const arrived: ArrivedResource[] = []
    try {
      for (const any of response.resources ?? []) {
        if (any.typeUrl !== typeUrl || any.value === undefined) continue
        const name = handler.nameOf(any.value)
        if (all || wanted!.has(name))
          arrived.push({ name, version: contentVersion(any.value), value: any.value })
      }
    } catch (thrown) {
      this.#log.warn('a configuration file is not applied', {
        path: this.#path,
        reason: errorMessage(thrown),
      })
      return
    }
    const names = new Set(arrived.map(({ name }) => name))
    const before = this.#known.get(typeUrl) ?? new Set()
    const removed = FULL_STATE_TYPES.has(typeUrl) ? [...before].filter((name) => !names.has(name)) : []
    this.#known.set(typeUrl, names)
    Promise.resolve(handler.apply(arrived, removed)).then((rejected) => {
      for (const { name, message } of rejected)
        this.#log.warn('resource rejected', {
          type: shortTypeName(typeUrl),
          resource: name,
          reason: message,
          path: this.#path,
        })
    })
  }
}
