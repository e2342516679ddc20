/** A choice of the reader's, kept in a cookie that the server reads. */

const YEAR_SECONDS = 31_536_000

export const keepChoice = (name: string, value: string): void => {
  const secure = location.protocol === "https:" ? "; secure" : ""
  // biome-ignore lint/suspicious/noDocumentCookie: the server reads it; the Cookie Store API is asynchronous
  document.cookie = `${name}=${value}; path=/; max-age=${YEAR_SECONDS}; samesite=lax${secure}`
}
