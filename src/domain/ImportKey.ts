/**
 * By which import a message comes. Whoever began an import was told its token, and publishes under a client id that
 * holds it: nobody else can bring readings into it.
 */
import { ImportId } from "./Ids.js"

export interface ImportKey {
  readonly id: ImportId
  /** 32 hex digits. */
  readonly token: string
}

export const importClientId = ({ id, token }: ImportKey): string => `import-${id}-${token}`

const CLIENT_ID = /^import-([1-9]\d{0,9})-([0-9a-f]{32})$/

/** The key that a client id holds; undefined: it is none of an import. */
export const importKeyOf = (clientId: string | null): ImportKey | undefined => {
  const [, id, token] = clientId?.startsWith("import-") ? (CLIENT_ID.exec(clientId) ?? []) : []
  return id === undefined || token === undefined
    ? undefined
    : { id: ImportId.make(Number(id), { disableValidation: true }), token }
}
