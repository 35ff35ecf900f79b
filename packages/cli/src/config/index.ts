export { type BattenConfig, defineConfig, type WorkloadCommand } from './define-config.ts'
