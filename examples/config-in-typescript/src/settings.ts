/** What differs between the places that the shop runs in. */
export interface Settings {
  /** Host name that customers use. */
  readonly host: string
  /** Secret with its certificate, in the namespace of the ingress gateway. */
  readonly certificate: string
  /** Share of the requests that go to the new version of the catalog, in percent. */
  readonly canary: number
}
