export { type DevMesh, type DevOptions, startDev } from './dev/dev-mesh.ts'
export { EXIT, run } from './main.ts'
