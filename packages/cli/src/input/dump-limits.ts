/**
 * Limits of what the commands read: the objects of a whole cluster are one document when kubectl prints them. A text
 * that wants the most takes about a gigabyte.
 */
export const DUMP_LIMITS = { maxDocumentLength: 16 * 1024 * 1024, maxNodes: 1_500_000 }
