import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePorts } from '../free-port.ts'
import { ANSWER_OK, type DifferentialCase } from './case.ts'
import { acquireCertificates, releaseCertificates } from './certificate-fixture.ts'
import { filterModule } from './filter-module.ts'
import { type Observation, observe } from './observation.ts'
import type { ProxyUnderTest, StartProxy } from './proxy-under-test.ts'
import { runConnection, type SeenConnection } from './raw-client.ts'
import { ScriptedUpstream } from './scripted-upstream.ts'

/**
 * One proxy with one bootstrap, against which cases run one after another. In the bootstrap `${LISTENER}`,
 * `${LISTENER_<NAME>}`, `${ADMIN}`, `${ACCESS_LOG}` and `${UPSTREAM_<NAME>}` stand for ports and the path of the access
 * log, `${FILTER_<NAME>}` for the module of the filter `<name>.as.ts` beside the bootstrap, and `${CERTIFICATES}` for
 * the folder with the certificates of `certificates.yaml` there.
 */
export class DifferentialRun {
  readonly #proxy: ProxyUnderTest
  readonly #folder: string
  /** Ports by name; the nameless one is `${LISTENER}`. */
  readonly #listeners: ReadonlyMap<string, number>
  readonly #admin: number
  readonly #upstreams: ReadonlyMap<string, ScriptedUpstream>
  readonly #ports: ReadonlyMap<string, string>
  readonly #certificates: string | undefined

  private constructor(
    proxy: ProxyUnderTest,
    folder: string,
    listeners: ReadonlyMap<string, number>,
    admin: number,
    upstreams: ReadonlyMap<string, ScriptedUpstream>,
    ports: ReadonlyMap<string, string>,
    certificates: string | undefined,
  ) {
    this.#proxy = proxy
    this.#folder = folder
    this.#listeners = listeners
    this.#admin = admin
    this.#upstreams = upstreams
    this.#ports = ports
    this.#certificates = certificates
  }

  static async start(bootstrapFile: string, start: StartProxy): Promise<DifferentialRun> {
    const folder = mkdtempSync(join(tmpdir(), 'batten-differential-'))
    const template = readFileSync(bootstrapFile, 'utf8')
    const values: Record<string, string> = { ACCESS_LOG: join(folder, 'access.log') }
    const ports = new Map<string, string>()
    // Upstreams first: they hold their ports while free ones are looked for.
    const upstreams = new Map<string, ScriptedUpstream>()
    for (const name of namesIn(template, 'UPSTREAM')) {
      const upstream = new ScriptedUpstream()
      const port = await upstream.listen()
      upstreams.set(name, upstream)
      values[`UPSTREAM_${name.toUpperCase()}`] = `${port}`
      ports.set(`${port}`, `<upstream ${name}>`)
    }
    const names = namesIn(template, 'LISTENER')
    const [admin, listener, ...others] = await freePorts(2 + names.length)
    values.ADMIN = `${admin}`
    values.LISTENER = `${listener}`
    ports.set(`${listener}`, '<listener>')
    const listeners = new Map([['', listener!]])
    for (const [i, name] of names.entries()) {
      listeners.set(name, others[i]!)
      values[`LISTENER_${name.toUpperCase()}`] = `${others[i]}`
      ports.set(`${others[i]}`, `<listener ${name}>`)
    }
    for (const name of namesIn(template, 'FILTER')) {
      const source = join(dirname(bootstrapFile), `${name}.as.ts`)
      values[`FILTER_${name.toUpperCase()}`] = await filterModule(source, folder)
    }
    const certificatesFile = join(dirname(bootstrapFile), 'certificates.yaml')
    const certificates = existsSync(certificatesFile) ? acquireCertificates(certificatesFile) : undefined
    if (certificates !== undefined) values.CERTIFICATES = certificates
    const file = join(folder, 'bootstrap.yaml')
    writeFileSync(
      file,
      template.replace(/\$\{([A-Z0-9_]+)\}/g, (whole, name: string) => values[name] ?? whole),
    )
    writeFileSync(join(folder, 'access.log'), '')
    const proxy = await start(file, admin!)
    return new DifferentialRun(proxy, folder, listeners, admin!, upstreams, ports, certificates)
  }

  async run(testCase: DifferentialCase): Promise<Observation> {
    for (const [name, upstream] of this.#upstreams) {
      const answers = testCase.upstreams[name] ?? ANSWER_OK
      upstream.reset(answers, testCase.upstreamTls?.[name], this.#certificates)
    }
    // Connections that the reset closed are noticed by the proxy before the case begins.
    await sleep(30)
    const before = await this.#counters(testCase.counters)
    const logged = this.#log().length
    const seen: SeenConnection[] = []
    const sessions = { last: undefined }
    for (const connection of testCase.connections) {
      const port = this.#listeners.get(connection.listener ?? '')
      if (port === undefined) throw new Error(`${testCase.name}: no listener ${connection.listener}`)
      seen.push(await runConnection({ port, certificates: this.#certificates, sessions }, connection))
    }
    const log = await this.#settledLog(logged)
    const after = await this.#counters(testCase.counters)
    const growth = Object.fromEntries(
      testCase.counters.map((name) => [name, (after[name] ?? 0) - (before[name] ?? 0)]),
    )
    const upstreams = new Map([...this.#upstreams].map(([name, upstream]) => [name, upstream.seen]))
    const handshakes = new Map(
      Object.keys(testCase.upstreamTls ?? {}).map((name) => [
        name,
        this.#upstreams.get(name)?.handshakes ?? [],
      ]),
    )
    return observe(seen, upstreams, log, growth, this.#ports, handshakes)
  }

  async close(): Promise<void> {
    await this.#proxy.close()
    await Promise.all([...this.#upstreams.values()].map((upstream) => upstream.close()))
    if (this.#certificates !== undefined) releaseCertificates(this.#certificates)
    rmSync(this.#folder, { recursive: true, force: true })
  }

  #log(): string[] {
    return readFileSync(join(this.#folder, 'access.log'), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
  }

  /** The log lines of a case, read when no more arrive. */
  async #settledLog(from: number): Promise<string[]> {
    let lines = -1
    for (let quiet = 0; quiet < 3; ) {
      const now = this.#log().length
      quiet = now === lines ? quiet + 1 : 0
      lines = now
      await sleep(50)
    }
    return this.#log().slice(from)
  }

  async #counters(names: readonly string[]): Promise<Record<string, number>> {
    if (names.length === 0) return {}
    const text = await (await fetch(`http://127.0.0.1:${this.#admin}/stats`)).text()
    const values: Record<string, number> = {}
    for (const line of text.split('\n')) {
      const colon = line.lastIndexOf(': ')
      if (colon > 0) values[line.slice(0, colon)] = Number(line.slice(colon + 2))
    }
    return Object.fromEntries(names.map((name) => [name, values[name] ?? 0]))
  }
}

/** The names of `${<KIND>_<NAME>}` in a bootstrap, in lower case. */
function namesIn(template: string, kind: 'UPSTREAM' | 'LISTENER' | 'FILTER'): string[] {
  const found = template.matchAll(new RegExp(`\\$\\{${kind}_([A-Z0-9]+)\\}`, 'g'))
  return [...new Set([...found].map(([, name]) => name!.toLowerCase()))]
}
