/**
 * `npm start`: builds what is missing, then runs the sample mesh in this process, so that signals and keys reach it
 * directly. Further arguments go to `batten dev`: `npm start -- --gateway-port 9000`.
 */
import { spawnSync } from 'node:child_process'

const build = spawnSync('turbo', ['run', 'build', '--output-logs=errors-only', '--log-order=grouped'], {
  stdio: ['ignore', 'inherit', 'inherit'],
  env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1', TURBO_PRINT_VERSION_DISABLED: '1' },
})
if (build.status !== 0) {
  console.error('the build failed; see above')
  process.exit(build.status ?? 1)
}
const { run } = await import('../packages/cli/dist/main.js')
await run(['dev', 'examples/bookinfo', ...process.argv.slice(2)])
