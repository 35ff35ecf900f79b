import { readdirSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

const FOLDER = new URL('../packages/proxy/dist/bundle/', import.meta.url)

const programFiles = readdirSync(FOLDER).filter((name) => name.endsWith('.cjs'))

it('bundles the proxy and each library that waits to be needed', () => {
  expect(programFiles.toSorted()).toEqual([
    'batten-proxy.cjs',
    'grpc-js.cjs',
    'pino.cjs',
    're2js.cjs',
    'yaml.cjs',
  ])
})

it.each(programFiles)('%s is strict code, as the modules in it are', (name) => {
  const text = readFileSync(new URL(name, FOLDER), 'utf8')
  expect(text.slice(0, text.indexOf('\n'))).toBe('"use strict";')
})

it.each(programFiles)('%s can be kept with one byte a character', (name) => {
  expect(readFileSync(new URL(name, FOLDER), 'utf8')).not.toMatch(/[^\0-\xff]/)
})
