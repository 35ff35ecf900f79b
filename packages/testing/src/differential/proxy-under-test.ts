/** A proxy that runs with a bootstrap. Both ports are in the bootstrap. */
export interface ProxyUnderTest {
  readonly name: string
  close(): Promise<void>
}

/** Starts a proxy with a bootstrap file and resolves when its admin page says that it is ready. */
export type StartProxy = (bootstrapFile: string, adminPort: number) => Promise<ProxyUnderTest>
