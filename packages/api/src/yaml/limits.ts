/** Limits that keep time and memory bounded whatever the text. */
export interface Limits {
  /** Characters of the whole text. @defaultValue 64 Mi */
  readonly maxLength: number
  /** Documents of the whole text, empty ones too. @defaultValue 100000 */
  readonly maxDocuments: number
  /** Characters of one document. @defaultValue 4 Mi; the API server takes 3 MiB at most */
  readonly maxDocumentLength: number
  /** Nesting of maps and lists. @defaultValue 200 */
  readonly maxDepth: number
  /** Nodes of one document after aliases are expanded. @defaultValue 500000 */
  readonly maxNodes: number
}

/** The limits that hold unless a caller sets others. */
export const DEFAULT_LIMITS: Limits = {
  maxLength: 64 * 1024 * 1024,
  maxDocuments: 100_000,
  maxDocumentLength: 4 * 1024 * 1024,
  maxDepth: 200,
  maxNodes: 500_000,
}
