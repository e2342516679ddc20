/** How to ask a server of this machine that listens with a certificate that is at hand: for whatever name it is. */
import { X509Certificate } from "node:crypto"
import { readFileSync } from "node:fs"
import type { AgentOptions } from "node:https"

export class PinFault extends Error {}

/** Takes the first certificate of the file for the server, and no other, whoever has signed it. */
export const pinnedTo = (file: string): AgentOptions => {
  const own = new X509Certificate(readFileSync(file))
  return {
    ca: own.toString(),
    allowPartialTrustChain: true,
    checkServerIdentity: (_, { fingerprint256 }) =>
      fingerprint256 === own.fingerprint256
        ? undefined
        : new PinFault(`it has another certificate than ${file}`)
  }
}
