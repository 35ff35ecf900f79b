import { toNanoseconds } from './abi/clock.ts'
import { type GuestImports, WebAssembly } from './engine.ts'
import { GuestFault } from './errors.ts'
import type { WasmVm } from './vm.ts'

/** Results of WASI functions (`errno`). */
const SUCCESS = 0
const BADF = 8
const FAULT = 21
const INVAL = 28
const NOSYS = 52
const NOTSUP = 58

const MODULES = ['wasi_snapshot_preview1', 'wasi_unstable']
/** Most bytes of `random_get` at a time. */
const MAX_RANDOM_BYTES = 65_536
/** Longest line; what a guest writes without ever ending it is cut here. */
const MAX_LINE = 16 * 1024

type WasiFunction = (...args: never[]) => number | undefined
interface WasiDefinition {
  readonly params: string
  bind(vm: WasmVm): WasiFunction
}

/** A function that answers with an error, which is what toolchains' start code expects of a host without files. */
function refused(params: string, errno: number): WasiDefinition {
  return { params, bind: () => () => errno }
}

/**
 * The part of WASI preview 1 that toolchains link in although a filter has no files: text output goes to the log,
 * clocks and random bytes are real, everything else says that it is not there, with the codes that Envoy returns.
 *
 * @see https://github.com/proxy-wasm/proxy-wasm-cpp-host/blob/main/src/exports.cc
 */
const FUNCTIONS: Readonly<Record<string, WasiDefinition>> = {
  fd_write: {
    params: 'iiii',
    bind: (vm) => {
      const outputs = [new LineWriter(vm, false), new LineWriter(vm, true)]
      vm.atFailure.push(() => {
        for (const output of outputs) output.flush()
      })
      return (fd: number, vectorsAt: number, count: number, writtenAt: number) => {
        const output = outputs[fd - 1]
        if (output === undefined) return BADF
        const bytes = readVectors(vm, vectorsAt >>> 0, count >>> 0)
        if (bytes === undefined || !vm.has(writtenAt >>> 0, 4)) return FAULT
        output.write(bytes)
        vm.view.setUint32(writtenAt >>> 0, bytes.length, true)
        return SUCCESS
      }
    },
  },
  clock_time_get: {
    params: 'iIi',
    bind: (vm) => (id: number, _precision: bigint, resultAt: number) => {
      if (id !== 0 && id !== 1) return NOTSUP
      vm.sync()
      if (!vm.has(resultAt >>> 0, 8)) return FAULT
      const clock = vm.services.clock
      vm.view.setBigUint64(resultAt >>> 0, toNanoseconds(id === 0 ? clock.now() : clock.monotonicMs()), true)
      return SUCCESS
    },
  },
  random_get: {
    params: 'ii',
    bind: (vm) => (at: number, size: number) => {
      at >>>= 0
      size >>>= 0
      if (size > MAX_RANDOM_BYTES) return INVAL
      vm.sync()
      if (!vm.has(at, size)) return FAULT
      for (let i = 0; i < size; i++) vm.bytes[at + i] = vm.services.random() * 256
      return SUCCESS
    },
  },
  environ_sizes_get: {
    params: 'ii',
    bind: (vm) => (countAt: number, sizeAt: number) => {
      const entries = environment(vm)
      return giveSizes(vm, countAt >>> 0, sizeAt >>> 0, entries)
    },
  },
  environ_get: {
    params: 'ii',
    bind: (vm) => (pointersAt: number, textAt: number) => {
      const entries = environment(vm)
      vm.sync()
      let at = textAt >>> 0
      for (const [index, entry] of entries.entries()) {
        const slot = (pointersAt >>> 0) + index * 4
        if (!vm.has(slot, 4) || !vm.has(at, entry.length)) return FAULT
        vm.view.setUint32(slot, at, true)
        vm.bytes.set(entry, at)
        at += entry.length
      }
      return SUCCESS
    },
  },
  args_sizes_get: {
    params: 'ii',
    bind: (vm) => (countAt: number, sizeAt: number) => giveSizes(vm, countAt >>> 0, sizeAt >>> 0, []),
  },
  args_get: { params: 'ii', bind: () => () => SUCCESS },
  fd_fdstat_get: {
    params: 'ii',
    bind: (vm) => (fd: number, statAt: number) => {
      if (fd !== 1 && fd !== 2) return BADF
      vm.sync()
      if (!vm.has(statAt >>> 0, 24)) return FAULT
      vm.bytes.fill(0, statAt >>> 0, (statAt >>> 0) + 24)
      vm.view.setUint8(statAt >>> 0, 2) // a character device
      vm.view.setBigUint64((statAt >>> 0) + 8, 64n, true) // that can be written
      return SUCCESS
    },
  },
  poll_oneoff: {
    params: 'iiii',
    bind: (vm) => (_in: number, _out: number, _count: number, eventsAt: number) => {
      vm.sync()
      if (!vm.has(eventsAt >>> 0, 4)) return FAULT
      vm.view.setUint32(eventsAt >>> 0, 0, true)
      return SUCCESS
    },
  },
  // Differs from Envoy: `proc_exit` ends the guest. There it is logged and the guest runs on, into an `unreachable` as a rule.
  proc_exit: {
    params: 'i',
    bind: () => (code: number) => {
      throw new GuestFault(`the module called proc_exit(${code})`)
    },
  },
  sched_yield: refused('', SUCCESS),
  fd_seek: refused('iIii', SUCCESS),
  fd_close: refused('i', SUCCESS),
  fd_read: refused('iiii', NOSYS),
  fd_pread: refused('iiiIi', NOSYS),
  fd_fdstat_set_flags: refused('ii', NOSYS),
  fd_prestat_get: refused('ii', BADF),
  fd_prestat_dir_name: refused('iii', NOSYS),
  fd_filestat_get: refused('ii', BADF),
  fd_readdir: refused('iiiIi', 20),
  path_open: refused('iiiiiIIii', 44),
  path_filestat_get: refused('iiiii', NOTSUP),
  path_create_directory: refused('iii', NOTSUP),
  path_remove_directory: refused('iii', NOTSUP),
  path_unlink_file: refused('iii', NOTSUP),
  path_rename: refused('iiiiii', NOTSUP),
  path_readlink: refused('iiiiii', NOTSUP),
  clock_res_get: refused('ii', SUCCESS),
  fd_advise: refused('iIIi', SUCCESS),
  fd_allocate: refused('iII', BADF),
  fd_datasync: refused('i', BADF),
  fd_fdstat_set_rights: refused('iII', BADF),
  fd_filestat_set_size: refused('iI', BADF),
  fd_filestat_set_times: refused('iIIi', BADF),
  fd_pwrite: refused('iiiIi', BADF),
  fd_renumber: refused('ii', BADF),
  fd_sync: refused('i', BADF),
  fd_tell: refused('ii', BADF),
  path_filestat_set_times: refused('iiiiIIi', NOTSUP),
  sock_accept: refused('iii', NOTSUP),
  sock_recv: refused('iiiiii', NOTSUP),
  sock_send: refused('iiiii', NOTSUP),
  sock_shutdown: refused('ii', NOTSUP),
}

/** The parameters of a WASI function; undefined when this host does not have it. */
export function isWasiFunction(module: string, name: string): string | undefined {
  return MODULES.includes(module) && Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name]!.params : undefined
}

/** The WASI imports of one VM: only what its module asks for. */
export function wasiImports(vm: WasmVm): GuestImports {
  const imports: GuestImports = {}
  for (const { module, name } of WebAssembly.Module.imports(vm.module.compiled)) {
    if (!MODULES.includes(module)) continue
    imports[module] ??= {}
    imports[module][name] = FUNCTIONS[name]!.bind(vm)
  }
  return imports
}

/** Text output, a log line for each line of it: runtimes write a panic in many pieces. */
class LineWriter {
  readonly #vm: WasmVm
  readonly #isError: boolean
  #pending = ''

  constructor(vm: WasmVm, isError: boolean) {
    this.#vm = vm
    this.#isError = isError
  }

  write(bytes: Buffer): void {
    const lines = (this.#pending + bytes.toString('utf8')).split('\n')
    const rest = lines.pop()!
    for (const line of lines) this.#log(line)
    this.#pending = rest.length > MAX_LINE ? '' : rest
    if (rest.length > MAX_LINE) this.#log(rest)
  }

  /** Logs a line that did not end. */
  flush(): void {
    if (this.#pending !== '') this.#log(this.#pending)
    this.#pending = ''
  }

  #log(line: string): void {
    const { services, pluginName: plugin } = this.#vm
    if (!this.#isError) services.log.info(line, { plugin })
    else {
      if (this.#vm.lastError === '') this.#vm.lastError = line
      services.log.error(line, { plugin })
    }
  }
}

function environment(vm: WasmVm): Buffer[] {
  return Object.entries(vm.options.environment).map(([name, value]) => Buffer.from(`${name}=${value}\0`))
}

function giveSizes(vm: WasmVm, countAt: number, sizeAt: number, entries: readonly Uint8Array[]): number {
  vm.sync()
  if (!vm.has(countAt, 4) || !vm.has(sizeAt, 4)) return FAULT
  vm.view.setUint32(countAt, entries.length, true)
  vm.view.setUint32(
    sizeAt,
    entries.reduce((sum, entry) => sum + entry.length, 0),
    true,
  )
  return SUCCESS
}

function readVectors(vm: WasmVm, at: number, count: number): Buffer | undefined {
  vm.sync()
  if (count > 1024 || !vm.has(at, count * 8)) return undefined
  const parts: Uint8Array[] = []
  for (let i = 0; i < count; i++) {
    const from = vm.view.getUint32(at + i * 8, true)
    const size = vm.view.getUint32(at + i * 8 + 4, true)
    if (!vm.has(from, size)) return undefined
    parts.push(vm.bytes.subarray(from, from + size))
  }
  return Buffer.concat(parts)
}
