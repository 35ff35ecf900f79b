export { type Fields, isFields, type PathSegment } from '../validate/check.ts'

/** Paths as text: `spec.http[0].route`. Keys may hold dots themselves, so that only a document can tell them apart. */
export const pathSegments = {
  /** Whether a path begins with a key. */
  startsWithKey(path: string, key: string): boolean {
    if (key === '' || !path.startsWith(key)) return false
    const next = path[key.length]
    return next === undefined || next === '.' || next === '['
  },
}
