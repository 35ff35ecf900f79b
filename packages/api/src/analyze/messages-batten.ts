/** Messages of checks that Istio's analysis does not have. A code never changes its meaning. */
export const battenMessages = {
  BAT0001: {
    name: 'ExportToNamespaceNotFound',
    level: 'Warning',
    args: ['namespace'],
    template: 'exportTo names namespace %q, which does not exist.',
    meaning: 'An object is exported to a namespace that is not among the namespaces that are analyzed.',
    hint: 'Correct the name, create the namespace, or use * to export to all.',
  },
} as const
