import { BattenError, Cidr, CidrSet, CidrTable, normalizeIp } from '@batten/core'
import type { FilterChainMatch } from './listener-config.ts'

/** What is known of a connection when its filter chain is chosen. */
export interface MatchInput {
  /** undefined for a Unix domain socket. */
  readonly destinationIp: string | undefined
  readonly destinationPort: number
  readonly sourceIp: string | undefined
  readonly sourcePort: number
  /** Lower case; empty when unknown. */
  readonly serverName: string
  /** `tls` or `raw_buffer`. */
  readonly transportProtocol: string
  readonly applicationProtocols: readonly string[]
}

/** Chooses a filter chain; undefined when none matches. */
export type FilterChainMatcher<T> = (input: MatchInput) => T | undefined

/** What the chains of one choice are called in an error. */
interface Named {
  readonly name: string
}

type Stage<T> = (input: MatchInput) => T | undefined

/** One stage of the decision: which keys a chain asks for, and which of the groups so made a connection falls into. */
interface StageKind {
  keys(match: FilterChainMatch): readonly string[]
  group<T>(groups: ReadonlyMap<string, Stage<T>>): Stage<T>
}

/** Key of the chains that do not care about a stage. */
const ANY = ''

/**
 * Compiles the matches of a listener's chains.
 *
 * The stages are Envoy's, in its order: destination port, destination IP, server name, transport protocol,
 * application protocols, directly connected source IP, source type, source IP, source port. Each stage takes the most
 * specific group that fits, and there is no way back from it: a connection that matches nothing later on goes to no
 * chain, even if a less specific group would have had one.
 *
 * @throws BattenError when two chains match the same connections
 * @see https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/listener/v3/listener_components.proto#config-listener-v3-filterchainmatch
 */
export function compileFilterChainMatcher<T extends Named>(
  chains: readonly { readonly match: FilterChainMatch; readonly chain: T }[],
): FilterChainMatcher<T> {
  return compileStage(chains, 0)
}

type Entries<T> = readonly { readonly match: FilterChainMatch; readonly chain: T }[]

function compileStage<T extends Named>(entries: Entries<T>, index: number): Stage<T> {
  const stage = STAGES[index]
  if (stage === undefined) {
    const [first, second] = entries
    if (second !== undefined)
      throw new BattenError('PROXY_INVALID_CONFIG', {
        message: `filter chains ${JSON.stringify(first!.chain.name)} and ${JSON.stringify(second.chain.name)} match the same connections`,
        where: `filter_chains[${second.chain.name}].filter_chain_match`,
      })
    return () => first!.chain
  }
  const groups = new Map<string, Entries<T>[number][]>()
  for (const entry of entries) {
    const keys = stage.keys(entry.match)
    for (const key of new Set(keys.length === 0 ? [ANY] : keys)) {
      const group = groups.get(key)
      if (group === undefined) groups.set(key, [entry])
      else group.push(entry)
    }
  }
  const only = groups.get(ANY)
  if (groups.size === 1 && only !== undefined) return compileStage(only, index + 1)
  const compiled = new Map<string, Stage<T>>()
  for (const [key, group] of groups) compiled.set(key, compileStage(group, index + 1))
  return stage.group(compiled)
}

function byAddress(
  ranges: (match: FilterChainMatch) => readonly string[],
  addressOf: (input: MatchInput) => string | undefined,
): StageKind {
  return {
    // `10.1.0.0/8` is `10.0.0.0/8`.
    keys: (match) => ranges(match).map((range) => Cidr.parse(range).toString()),
    group<T>(groups: ReadonlyMap<string, Stage<T>>): Stage<T> {
      const rest = groups.get(ANY)
      const table = new CidrTable<Stage<T>>()
      for (const [key, stage] of groups) if (key !== ANY) table.set(Cidr.parse(key), stage)
      return (input) => {
        const address = addressOf(input)
        const group = address === undefined ? undefined : table.find(address)
        return (group ?? rest)?.(input)
      }
    },
  }
}

/** The first of these keys that a group has, else the group of those who do not care. */
function byKeys(
  keys: (match: FilterChainMatch) => readonly string[],
  candidates: (input: MatchInput) => Iterable<string>,
): StageKind {
  return {
    keys,
    group<T>(groups: ReadonlyMap<string, Stage<T>>): Stage<T> {
      const rest = groups.get(ANY)
      return (input) => {
        for (const key of candidates(input)) {
          const group = key === ANY ? undefined : groups.get(key)
          if (group !== undefined) return group(input)
        }
        return rest?.(input)
      }
    },
  }
}

/** `www.example.com`, `*.example.com`, `*.com`. */
function* serverNameCandidates(name: string): Generator<string> {
  yield name
  for (let dot = name.indexOf('.', 1); dot >= 0 && dot < name.length - 1; dot = name.indexOf('.', dot + 1))
    yield `*${name.slice(dot)}`
}

const sourceType: StageKind = {
  keys: (match) => (match.sourceType === 'any' ? [] : [match.sourceType]),
  group<T>(groups: ReadonlyMap<string, Stage<T>>): Stage<T> {
    return (input) => groupOf(groups, isLocal(input) ? 'same-ip-or-loopback' : 'external')?.(input)
  },
}

function groupOf<T>(groups: ReadonlyMap<string, T>, key: string): T | undefined {
  return groups.get(key) ?? groups.get(ANY)
}

const LOOPBACK = new CidrSet([Cidr.parse('127.0.0.0/8'), Cidr.parse('::1')])

/** Peers on a Unix domain socket are on this machine. */
function isLocal({ sourceIp, destinationIp }: MatchInput): boolean {
  if (sourceIp === undefined || LOOPBACK.contains(sourceIp)) return true
  return destinationIp !== undefined && normalizeIp(sourceIp) === normalizeIp(destinationIp)
}

const STAGES: readonly StageKind[] = [
  byKeys(
    (match) => (match.destinationPort === undefined ? [] : [String(match.destinationPort)]),
    (input) => [String(input.destinationPort)],
  ),
  byAddress(
    (match) => match.prefixRanges,
    (input) => input.destinationIp,
  ),
  byKeys(
    (match) => match.serverNames,
    (input) => serverNameCandidates(input.serverName),
  ),
  byKeys(
    (match) => (match.transportProtocol === '' ? [] : [match.transportProtocol]),
    (input) => [input.transportProtocol],
  ),
  byKeys(
    (match) => match.applicationProtocols,
    (input) => input.applicationProtocols,
  ),
  byAddress(
    (match) => match.directSourcePrefixRanges,
    (input) => input.sourceIp,
  ),
  sourceType,
  byAddress(
    (match) => match.sourcePrefixRanges,
    (input) => input.sourceIp,
  ),
  byKeys(
    (match) => match.sourcePorts.map(String),
    (input) => [String(input.sourcePort)],
  ),
]
