import type { X509Certificate } from 'node:crypto'
import { distinguishedNames } from './distinguished-name.ts'
import { NO_ALT_NAMES, type SubjectAltNames, subjectAltNames } from './subject-alt-names.ts'

/** What a certificate says about its holder; parsed from DER on first use, once. */
export class CertificateNames {
  readonly certificate: X509Certificate
  #altNames: SubjectAltNames | undefined
  #names: { readonly subject: string; readonly issuer: string } | undefined

  constructor(certificate: X509Certificate) {
    this.certificate = certificate
  }

  /** Empty when the extension is missing or malformed: a certificate that we cannot read speaks for nobody. */
  get altNames(): SubjectAltNames {
    if (this.#altNames === undefined) {
      try {
        this.#altNames = subjectAltNames(this.certificate.raw)
      } catch {
        this.#altNames = NO_ALT_NAMES
      }
    }
    return this.#altNames
  }

  get subject(): string {
    return this.#distinguished().subject
  }

  get issuer(): string {
    return this.#distinguished().issuer
  }

  #distinguished(): { readonly subject: string; readonly issuer: string } {
    if (this.#names === undefined) {
      try {
        this.#names = distinguishedNames(this.certificate.raw)
      } catch {
        this.#names = { subject: '', issuer: '' }
      }
    }
    return this.#names
  }
}
