import type { DebugHandler } from '../debug-handler.ts'

/** Every object that the mesh is made of. Secrets are no part of the table. */
export const configz: DebugHandler = {
  path: '/debug/configz',
  help: 'Accepted objects, with where they were read; ?kind= ?namespace= ?name= narrow the list; no Secrets',
  handle: (query, { model }) => {
    const matches = (parameter: string, value: string | undefined) =>
      query.get(parameter) === null || query.get(parameter)?.toLowerCase() === (value ?? '').toLowerCase()
    return {
      body: [...model.snapshot.objects.values()]
        .filter(
          ({ object }) =>
            matches('kind', object.kind) &&
            matches('namespace', object.metadata.namespace) &&
            matches('name', object.metadata.name),
        )
        .map(({ object, origin }) => ({ ...object, origin: origin.file ?? origin.source })),
    }
  },
}
