export interface Look {
  /** ms */
  readonly at: number
  readonly head: number
  readonly folded: number
}

export const longestLag: (looks: ReadonlyArray<Look>) => number
