interface Named {
  readonly module: string
  readonly name: string
}

/** The part of the WebAssembly interface that tests use; Node's type definitions do not have it. */
interface WebAssemblyApi {
  readonly Module: {
    new (bytes: Uint8Array): object
    exports(module: object): Named[]
    imports(module: object): Named[]
  }
}

const { WebAssembly } = globalThis as unknown as { WebAssembly: WebAssemblyApi }

/** Names of what a module exports. */
export function exportsOf(wasm: Uint8Array): string[] {
  return WebAssembly.Module.exports(new WebAssembly.Module(wasm)).map(({ name }) => name)
}

/** What a module imports, as `module.name`. */
export function importsOf(wasm: Uint8Array): string[] {
  return WebAssembly.Module.imports(new WebAssembly.Module(wasm)).map(
    ({ module, name }) => `${module}.${name}`,
  )
}
