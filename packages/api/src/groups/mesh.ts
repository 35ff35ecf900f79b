/** Settings of the mesh: MeshConfig, MeshNetworks and IstioOperator. They are files, no objects of the API. */
export type * from '../gen/types/mesh/index.ts'
export { validateMeshConfig, validateMeshNetworks } from '../validate/mesh.ts'
