/** The TypeBox schemas that everything else is generated from. Needs the package `typebox`. */
export { isKind, modules, type SchemaModule } from './catalog.ts'
export { defineKind, type KindSchema, type PrinterColumn } from './kind.ts'
export * from './node.ts'
