import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createTestCertificates } from '@batten/testing'
import type { TlsFiles } from './envoy-bootstrap.ts'

/** Writes a certificate for `localhost`, its key and the root into a directory: P-256, as the mesh's own. */
export async function writeBenchmarkCertificates(directory: string): Promise<TlsFiles> {
  const authority = createTestCertificates()
  const { certificateChain, privateKey } = await authority.issueServer(['localhost'])
  const files = {
    certificate: join(directory, 'certificate.pem'),
    key: join(directory, 'key.pem'),
    roots: join(directory, 'roots.pem'),
  }
  await writeFile(files.certificate, certificateChain)
  await writeFile(files.key, privateKey)
  await writeFile(files.roots, authority.root)
  authority.close()
  return files
}
