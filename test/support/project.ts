import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type DevMesh, type DevOptions, startDev } from '@batten/cli'
import { parseAllDocuments } from 'yaml'

const REPOSITORY = new URL('../..', import.meta.url).pathname
/** Configuration that others wrote, beside the repository. */
export const CORPUS = join(REPOSITORY, '../shared/corpus/istio')

let copies = 0

/** A copy of the Bookinfo example that a test may change, with its mesh running. */
export class BookinfoProject {
  readonly folder: string
  readonly notices: string[] = []
  readonly findings: string[] = []
  mesh!: DevMesh
  readonly #applied = new Map<string, string>()

  private constructor(folder: string) {
    this.folder = folder
  }

  /** `files`: which files of `mesh/` to keep beside the Deployments; default all. */
  static async start(options: Partial<DevOptions> = {}, keep?: readonly string[]): Promise<BookinfoProject> {
    const folder = join(REPOSITORY, '.batten', `bookinfo-${process.pid}-${++copies}`)
    mkdirSync(folder, { recursive: true })
    cpSync(join(REPOSITORY, 'examples/bookinfo'), folder, {
      recursive: true,
      filter: (from) => !from.includes('node_modules'),
    })
    const project = new BookinfoProject(folder)
    if (keep !== undefined)
      for (const name of ['gateway.yaml', 'reviews.yaml', 'security.yaml', 'served-by.yaml'])
        if (!keep.includes(name)) rmSync(project.path('mesh', name))
    project.mesh = await startDev({
      folder,
      gatewayPort: 18080,
      events: {
        notice: (message) => project.notices.push(message),
        findings: (_, all) => {
          project.findings.splice(0)
          for (const f of all)
            project.findings.push(
              `${f.code} ${f.object ?? ''} ${f.file ?? ''}:${f.line ?? ''}:${f.column ?? ''} ${f.message}`,
            )
        },
      },
      ...options,
    })
    return project
  }

  path(...parts: string[]): string {
    return join(this.folder, ...parts)
  }

  get url(): string {
    return `http://127.0.0.1:${this.mesh.gatewayPort}`
  }

  /** As `kubectl apply -f`: objects of the same kind, namespace and name are replaced. Resolves when every node has it. */
  async apply(file: string): Promise<void> {
    const text = readFileSync(file, 'utf8')
    for (const document of parseAllDocuments(text)) {
      const object = document.toJS() as {
        kind: string
        metadata: { namespace?: string; name: string }
      } | null
      if (object === null) continue
      this.#applied.set(
        `${object.kind}/${object.metadata.namespace ?? 'default'}/${object.metadata.name}`,
        document.toString(),
      )
    }
    await this.write('mesh/applied.yaml', [...this.#applied.values()].join('\n---\n'))
  }

  /** Forgets what was applied. */
  async reset(): Promise<void> {
    this.#applied.clear()
    await this.write('mesh/applied.yaml', '')
  }

  /**
   * Saves a file of the project; resolves when every node has what it says. No text means no objects: it is written as
   * a comment, since a file without a byte is taken for one that is just being saved.
   */
  async write(relative: string, text: string): Promise<void> {
    writeFileSync(this.path(relative), text === '' ? '# nothing\n' : text)
    await this.mesh.synced()
  }

  async close(): Promise<void> {
    await this.mesh?.close()
    rmSync(this.folder, { recursive: true, force: true })
  }
}
