import { parseGoRequestUri, parseGoUrl } from '../../cel/functions/go-url.ts'
import type { TrafficExtensionSpec, WasmConfig } from '../../gen/types/extensions/traffic-extension.ts'
import type { TrafficSelector, VmConfig } from '../../gen/types/extensions/wasm.ts'
import type { WasmPluginSpec } from '../../gen/types/extensions/wasm-plugin.ts'
import { checkAttachment } from './labels.ts'
import { portProblem } from './ports.ts'
import type { KindRules, Path, RuleReport } from './report.ts'

/** Rules of WasmPlugin. */
export const wasmPluginRules: KindRules<WasmPluginSpec> = (spec, _object, report) => {
  checkAttachment(spec, report)
  checkModule(spec, ['spec'], report)
  checkTraffic(spec.match, report)
}

/** Rules of TrafficExtension. */
export const trafficExtensionRules: KindRules<TrafficExtensionSpec> = (spec, _object, report) => {
  checkAttachment(spec, report)
  if ((spec.wasm === undefined) === (spec.lua === undefined)) {
    report.error(['spec'], 'RULE_WASM', 'exactly one of wasm or lua must be set')
  }
  if (spec.wasm !== undefined) checkModule(spec.wasm, ['spec', 'wasm'], report)
  if (spec.lua !== undefined) {
    const code = spec.lua.inlineCode ?? ''
    if (code === '') report.error(['spec', 'lua', 'inlineCode'], 'RULE_LUA', 'inlineCode must be set')
    if (new TextEncoder().encode(code).length > 65536) {
      report.error(['spec', 'lua', 'inlineCode'], 'RULE_LUA', 'inlineCode must be at most 65536 bytes')
    }
  }
  checkTraffic(spec.match, report)
}

const SCHEMES = ['', 'file', 'http', 'https', 'oci']

function checkModule(module: WasmConfig, path: Path, report: RuleReport): void {
  const { url = '', sha256 = '', imagePullSecret = '', pluginName = '' } = module
  report.check([...path, 'url'], 'RULE_WASM', urlProblem(url))
  if (sha256 !== '') {
    if (sha256.length !== 64)
      report.error([...path, 'sha256'], 'RULE_WASM', 'sha256 field must be 64 characters long')
    else if (!/^[a-f0-9]+$/.test(sha256))
      report.error([...path, 'sha256'], 'RULE_WASM', 'sha256 field must match [a-f0-9]{64} pattern')
  }
  if (imagePullSecret.length > 253) {
    report.error(
      [...path, 'imagePullSecret'],
      'RULE_WASM',
      'imagePullSecret field must be less than 253 characters long',
    )
  }
  if (pluginName.length > 256) {
    report.error(
      [...path, 'pluginName'],
      'RULE_WASM',
      'pluginName field must be less than 255 characters long',
    )
  }
  checkVm(module.vmConfig, [...path, 'vmConfig'], report)
}

/** Without a scheme the text is an image, which must be an address when `http://` comes before it. */
function urlProblem(text: string): string | undefined {
  if (text === '') return 'url field needs to be set'
  const direct = parseGoRequestUri(text)
  const url = direct ?? parseGoRequestUri(`http://${text}`)
  if (url === undefined) return `failed to parse url: parse ${JSON.stringify(text)}: invalid URI for request`
  if (parseGoUrl(direct === undefined ? `http://${text}` : text) === undefined)
    return `failed to strict parse url: parse ${JSON.stringify(text)}`
  return SCHEMES.includes(url.scheme) ? undefined : `url contains unsupported scheme: ${url.scheme}`
}

function checkVm(vm: VmConfig | undefined, path: Path, report: RuleReport): void {
  const names = new Set<string>()
  for (const [i, { name = '', valueFrom = 'INLINE', value = '' }] of (vm?.env ?? []).entries()) {
    const at = [...path, 'env', i]
    if (name === '') report.error([...at, 'name'], 'RULE_WASM', 'spec.vmConfig.env invalid')
    if (name.length > 256)
      report.error([...at, 'name'], 'RULE_WASM', 'env.name field must be less than 255 characters long')
    if (names.has(name)) report.error([...at, 'name'], 'RULE_WASM', 'duplicate env')
    names.add(name)
    if (valueFrom !== 'INLINE' && value !== '') {
      report.error([...at, 'value'], 'RULE_WASM', 'value may only be set when valueFrom is INLINE')
    }
  }
}

function checkTraffic(match: readonly TrafficSelector[] | undefined, report: RuleReport): void {
  for (const [i, { ports = [] }] of (match ?? []).entries()) {
    for (const [n, { number = 0 }] of ports.entries()) {
      if (portProblem(number) !== undefined) {
        report.error(
          ['spec', 'match', i, 'ports', n, 'number'],
          'RULE_PORT',
          `spec.Match[${i}].Ports[${n}] is out of range: ${number}`,
        )
      }
    }
  }
}
