import { mesh } from './mesh.ts'

export default mesh({ host: 'staging.shop.example.com', certificate: 'staging-shop', canary: 50 })
