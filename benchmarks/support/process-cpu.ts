import { readdirSync, readFileSync } from 'node:fs'

/** Clock ticks a second of Linux's process accounting. */
const TICKS_PER_SECOND = 100

/** Milliseconds of CPU, user and system, that a process and its living children have used. */
export function cpuMsOf(pid: number): number {
  return treeOf(pid).reduce((sum, id) => sum + ownCpuMs(id), 0)
}

/** Resident memory of a process and its children, MB: all of it, and what no other process could share. */
export function residentMbOf(pid: number): { readonly total: number; readonly own: number } {
  const tree = treeOf(pid)
  const sum = (field: string) => tree.reduce((total, id) => total + statusMb(id, field), 0)
  return { total: sum('VmRSS'), own: sum('RssAnon') }
}

function treeOf(pid: number): number[] {
  const tree = [pid]
  for (const task of listTasks(pid)) {
    const children = readText(`/proc/${pid}/task/${task}/children`).trim()
    for (const child of children.split(' ')) if (child !== '') tree.push(...treeOf(Number(child)))
  }
  return tree
}

function listTasks(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`)
  } catch {
    return []
  }
}

function ownCpuMs(pid: number): number {
  const stat = readText(`/proc/${pid}/stat`)
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS_PER_SECOND || 0
}

function statusMb(pid: number, field: string): number {
  const match = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(readText(`/proc/${pid}/status`))
  return match === null ? 0 : Number(match[1]) / 1024
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
