export interface Notice {
  readonly name: string
  readonly version: string
  readonly license: string
  readonly texts: ReadonlyArray<string>
}
export const isPermissive: (expression: string) => boolean
export const noticesOf: () => Promise<ReadonlyArray<Notice>>
