import vm from 'node:vm'

let context: { run?: () => void } | undefined
let script: vm.Script | undefined

/**
 * Runs an action that cannot be trusted to end, such as the start of a guest: after `limitMs` it is interrupted, in
 * the middle of WebAssembly too, and this throws. Costs about 60 microseconds, so it is not for requests.
 */
export function runWithTimeLimit<T>(action: () => T, limitMs: number): T {
  if (context === undefined || script === undefined) {
    context = vm.createContext({})
    script = new vm.Script('run()')
  }
  let result: T | undefined
  const outer = context.run
  context.run = () => {
    result = action()
  }
  try {
    script.runInContext(context, { timeout: limitMs })
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') {
      throw new Error(`it did not end within ${limitMs} ms`)
    }
    throw error
  } finally {
    context.run = outer
  }
  return result as T
}
