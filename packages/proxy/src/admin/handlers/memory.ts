import { getHeapStatistics } from 'node:v8'
import { type AdminHandler, jsonResponse } from '../handler.ts'

/** Envoy's names; what they mean in a JavaScript engine comes after. */
export const memory: AdminHandler = {
  path: '/memory',
  method: 'GET',
  help: 'print current allocation/heap usage',
  handle() {
    const { rss, heapUsed, heapTotal, external, arrayBuffers } = process.memoryUsage()
    return jsonResponse({
      allocated: String(heapUsed + external),
      heap_size: String(heapTotal + external),
      pageheap_unmapped: '0',
      pageheap_free: String(heapTotal - heapUsed),
      total_thread_cache: '0',
      total_physical_bytes: String(rss),
      array_buffers: String(arrayBuffers),
      heap_size_limit: String(getHeapStatistics().heap_size_limit),
    })
  },
}
