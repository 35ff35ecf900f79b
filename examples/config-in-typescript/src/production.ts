import { mesh } from './mesh.ts'

// Declared here, so that a repository of configuration needs no types of Node.
declare const process: { readonly env: Readonly<Record<string, string | undefined>> }

/** `CANARY=25 npm run render` gives the new version of the catalog a quarter of the requests. */
export const canary = Number(process.env['CANARY'] ?? '10')

export default mesh({ host: 'shop.example.com', certificate: 'shop', canary })
