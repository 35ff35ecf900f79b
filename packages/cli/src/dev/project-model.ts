import type { KubernetesObject } from '@batten/api'
import { createModel, FileSource, type Model } from '@batten/control-plane'

const OTHER_WORKLOADS: ReadonlySet<string> = new Set([
  'StatefulSet',
  'DaemonSet',
  'ReplicaSet',
  'Job',
  'CronJob',
  'Pod',
])

/**
 * The objects of the project's files, read as the control plane reads them: a file or object that is broken keeps its
 * last good version. What is wrong is told by the control plane, not here.
 */
export class ProjectModel {
  readonly #source: FileSource
  readonly #model: Model

  /** @param paths - folders and files of YAML */
  constructor(paths: readonly string[]) {
    this.#source = new FileSource({ paths })
    this.#model = createModel({ sources: [this.#source] })
  }

  /** Reads everything; calls back from then on with the objects that changed, and those that went. */
  async start(changed: (saved: readonly string[], removed: readonly string[]) => void): Promise<void> {
    await this.#model.start()
    let before = this.#model.snapshot.objects
    this.#model.subscribe(({ objects }) => {
      const isOther = (key: string) => before.get(key)?.object !== objects.get(key)?.object
      const saved = [...objects].filter(([key]) => isOther(key))
      const removed = [...before].filter(([key]) => !objects.has(key))
      before = objects
      changed(
        saved.map(([, { object }]) => nameOf(object)),
        removed.map(([, { object }]) => nameOf(object)),
      )
    })
  }

  /** Takes in what changed, without waiting for events of the file system. */
  async refresh(): Promise<void> {
    await this.#source.refresh()
    this.#model.flush()
  }

  get objects(): readonly KubernetesObject[] {
    return [...this.#model.snapshot.objects.values()].map(({ object }) => object)
  }

  /** Workloads of a cluster that are no Deployments, as `StatefulSet db`. */
  get otherWorkloads(): readonly string[] {
    return this.objects.filter(({ kind }) => OTHER_WORKLOADS.has(kind)).map(nameOf)
  }

  close(): Promise<void> {
    return this.#model.close()
  }
}

function nameOf({ kind, metadata }: KubernetesObject): string {
  return `${kind} ${metadata.namespace === undefined ? '' : `${metadata.namespace}/`}${metadata.name}`
}
