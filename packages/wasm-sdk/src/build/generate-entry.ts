import type { FilterModel } from './filter-model.ts'
import { generateConfigReaders, readerName } from './generate-config.ts'

/** Module of the SDK that the generated entry imports from. */
const GENERATED_MODULE = '@batten/wasm-sdk/assembly/generated'

/**
 * Writes the entry of a filter's module: the Proxy-Wasm exports, only those that the filter needs, the registration
 * and the reader of its configuration.
 */
export function generateEntry(model: FilterModel): string {
  const filter = model.filter.name
  const config = model.config?.name ?? 'NoConfig'
  const root = model.root?.name ?? 'GeneratedRoot'
  return [
    'import { ContextTable, defineMetrics, enter, FilterRoot, JsonReader, leave, malloc, NoConfig, onCallResponse, readArray, readConfiguration, readMap, requestBody, requestHeaders, requestTrailers, responseBody, responseHeaders, responseTrailers, setCreatedId, StreamType }',
    `  from '${GENERATED_MODULE}'`,
    ...imports(model),
    model.root === undefined ? `class GeneratedRoot extends FilterRoot<${config}> {}` : '',
    `const roots = new ContextTable<${root}>()`,
    `const filters = new ContextTable<${filter}>()`,
    'export { malloc }',
    'export function proxy_abi_version_0_2_1(): void {}',
    `export function proxy_on_context_create(id: u32, parent: u32): void {
  enter()
  setCreatedId(id)
  if (parent == 0) {
    roots.set(id, new ${root}())
  } else {
    const filter = new ${filter}()
    filter.attach(roots.get(parent)!)
    filters.set(id, filter)
  }
  leave()
}`,
    `export function proxy_on_vm_start(id: u32, size: u32): u32 {
  enter()
  defineMetrics()
  leave()
  return 1
}`,
    generateConfigReaders(model),
    `export function proxy_on_configure(id: u32, size: u32): u32 {
  enter()
  let accepted = false
  const config = readConfiguration<${config}>(size, '${filter}', ${readerName(config)})
  if (config != null) {
    const root = roots.get(id)!
    root.setConfig(config)
    accepted = root.onConfigure()
  }
  leave()
  return accepted ? 1 : 0
}`,
    rootCallback(model, 'onTick', 'proxy_on_tick'),
    message(model, 'onRequestHeaders', 'proxy_on_request_headers', 'Request', 'requestHeaders', true),
    body(model, 'onRequestBody', 'proxy_on_request_body', 'Request', 'requestBody'),
    message(model, 'onRequestTrailers', 'proxy_on_request_trailers', 'Request', 'requestTrailers', false),
    message(model, 'onResponseHeaders', 'proxy_on_response_headers', 'Response', 'responseHeaders', true),
    body(model, 'onResponseBody', 'proxy_on_response_body', 'Response', 'responseBody'),
    message(model, 'onResponseTrailers', 'proxy_on_response_trailers', 'Response', 'responseTrailers', false),
    model.hasCallouts
      ? `export function proxy_on_http_call_response(root: u32, call: u32, headers: u32, size: u32, trailers: u32): void {
  enter()
  onCallResponse(call, headers, size)
  leave()
}`
      : '',
    model.callbacks.has('onLog')
      ? `export function proxy_on_log(id: u32): void {
  enter()
  const filter = filters.get(id)
  if (filter != null) filter.onLog()
  leave()
}`
      : '',
    done(model),
    `export function proxy_on_delete(id: u32): void {
  enter()
  const filter = filters.get(id)
  if (filter != null) {
    filter.detach()
    filters.delete(id)
  } else {
    roots.delete(id)
  }
  leave()
}`,
  ]
    .filter((part) => part !== '')
    .join('\n')
}

function imports(model: FilterModel): string[] {
  const names = new Map<string, Set<string>>()
  const references = [model.filter, model.root, model.config, ...model.configClasses]
  for (const reference of references) {
    if (reference === undefined) continue
    const known = names.get(reference.module) ?? new Set()
    names.set(reference.module, known.add(reference.name))
  }
  return [...names].map(([module, classes]) => `import { ${[...classes].join(', ')} } from '${module}'`)
}

function message(
  model: FilterModel,
  callback: string,
  name: string,
  direction: string,
  map: string,
  withEnd: boolean,
): string {
  if (!model.callbacks.has(callback)) return ''
  return `export function ${name}(id: u32, count: u32${withEnd ? ', end: u32' : ''}): u32 {
  enter()
  const filter = filters.get(id)!
  filter.enterDirection(StreamType.${direction})
  const action = filter.${callback}(${map}${withEnd ? ', end != 0' : ''})
  leave()
  return action
}`
}

function body(model: FilterModel, callback: string, name: string, direction: string, buffer: string): string {
  if (!model.callbacks.has(callback)) return ''
  return `export function ${name}(id: u32, size: u32, end: u32): u32 {
  enter()
  const filter = filters.get(id)!
  filter.enterDirection(StreamType.${direction})
  ${buffer}.size = size
  const action = filter.${callback}(${buffer}, end != 0)
  leave()
  return action
}`
}

function rootCallback(model: FilterModel, callback: string, name: string): string {
  if (!model.rootCallbacks.has(callback)) return ''
  return `export function ${name}(id: u32): void {
  enter()
  roots.get(id)!.${callback}()
  leave()
}`
}

function done(model: FilterModel): string {
  const ofFilter = model.callbacks.has('onDone')
  const ofRoot = model.rootCallbacks.has('onDone')
  if (!ofFilter && !ofRoot) return ''
  return `export function proxy_on_done(id: u32): u32 {
  enter()
  ${ofFilter ? 'const filter = filters.get(id)\n  if (filter != null) filter.onDone()' : ''}
  ${ofRoot ? 'const root = roots.get(id)\n  if (root != null) root.onDone()' : ''}
  leave()
  return 1
}`
}
