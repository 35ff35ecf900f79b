/** YAML turned into TypeScript. */
export { type Conversion, toTypeScript } from '../convert/convert.ts'
