/** What the codes of the commands' own errors mean. */
export const commandCodes: Readonly<Record<string, string>> = {
  ANALYZE_ANALYZER_UNKNOWN: 'There is no analyzer of that name. `batten analyze -L` lists them.',
  ANALYZE_CONFIG_UNREADABLE: 'The mesh configuration, or the mesh networks, is no YAML.',
  BUILDER_CONDITION: 'A route compares the same thing twice, of which Istio takes one comparison only.',
  CLI_INPUT: 'A file that the command needs does not exist or cannot be read, or none was named.',
  CLI_KIND: 'There is no kind, and no code, of that name.',
  CLI_NOT_READY: 'A process of the mesh did not become ready in time.',
  CLI_NOT_SYNCED: 'A proxy did not get its configuration in time.',
  CLI_NO_CA: 'CA_ADDR is not set, so that there is nobody to ask for a certificate.',
  CLI_NO_CLUSTER: 'A cluster cannot be analyzed yet. Save its objects to files, or pipe them in.',
  CLI_NO_ENVOY: 'Envoy was asked for and is not on this machine.',
  CLI_NO_TEMPORARY_FOLDER:
    'The folder for temporary files is not there, cannot be written or is full; TMPDIR names another.',
  CLI_PROJECT_INVALID: 'batten.config.ts, or what it names, is not right.',
  CLI_RENDER: 'A TypeScript file does not export objects of Kubernetes.',
  CLI_SUPPRESS: 'A suppression is not CODE=RESOURCE.',
}
