export interface Plan {
  /** Ids 1 to this. */
  readonly sensors: number
  /** Device time of message 0, µs since the epoch. */
  readonly baseMicros: number
}

export interface Message {
  readonly sensor: number
  readonly micros: number
  readonly value: number
}

export const STEP_MICROS: number
export const messageOf: (plan: Plan, n: number) => Message
export const payloadOf: (plan: Plan, n: number) => string
