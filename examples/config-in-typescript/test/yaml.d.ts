/** Text of a YAML file, as Vitest gives it. */
declare module '*.yaml?raw' {
  const text: string
  export default text
}
