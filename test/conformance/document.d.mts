/** The page docs/conformance.md as Markdown. */
export const conformance: () => string
