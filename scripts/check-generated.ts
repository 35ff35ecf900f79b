/** Runs every generator and fails when a committed file differs from what it writes. */
import { execFileSync } from 'node:child_process'

const git = (...args: string[]) => execFileSync('git', args, { encoding: 'utf8' })
const GENERATED = [
  'packages/*/src/gen',
  'packages/*/crds',
  'packages/*/json-schema',
  'docs/reference',
  'docs/compatibility.md',
  'docs/messages.md',
]

execFileSync('npm', ['run', 'generate', '--silent'], { stdio: 'inherit' })
const changed = git('status', '--porcelain', '--', ...GENERATED).trim()
if (changed !== '') {
  console.error(`generated files are not up to date; run \`npm run generate\` and commit:\n${changed}`)
  process.exit(1)
}
console.log('generated files are up to date')
