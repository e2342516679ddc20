/**
 * Who of several processes does what only one may do at a time: folds, looks for alerts, simulated sensors. The port, and
 * how it is where there is one process alone.
 *
 * Invariants:
 * 1. Of two processes at most one owns a name, by the database's clock.
 * 2. What runs under it writes in transactions that are refused once another process owns the name (`Fence`).
 * 3. `owns` turns false before another process can take the name over.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"

/** A numbered name that this process owns. */
export interface Slot {
  /** From 1. */
  readonly number: number
  /** Whether it surely owns it now. */
  readonly isOurs: () => boolean
}

export interface OwnershipService {
  /** Runs it while this process owns the name: anew each time that it comes to own it, and cut off when another does. */
  readonly whileOwned: <A, E, R>(name: string, effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  /** Runs it if this process owns the name, as far as it knows. */
  readonly ifOwned: <A, E, R>(
    name: string,
    effect: Effect.Effect<A, E, R>
  ) => Effect.Effect<Option.Option<A>, E, R>
  /** Runs it under one of the numbered names, which no other process has: anew, by another, each time that one is lost. */
  readonly whileOneOwned: <A, E, R>(
    name: string,
    effect: (slot: Slot) => Effect.Effect<A, E, R>
  ) => Effect.Effect<A, E, R>
  /** Runs it, besides, under each of the numbered names that its process has left for good. Never ends. */
  readonly forEachLeft: <E, R>(
    name: string,
    effect: (slot: Slot) => Effect.Effect<never, E, R>
  ) => Effect.Effect<never, E, R>
  /** Whether it surely owns it now: for what no database can refuse. */
  readonly owns: (name: string) => boolean
  /** The epochs of the names that this process owns; null: there is nobody to share with. */
  readonly epochs: Effect.Effect<ReadonlyMap<string, number> | null>
}

/** It owns whatever there is, and asks nobody. */
const ALONE: OwnershipService = {
  whileOwned: (_, effect) => effect,
  ifOwned: (_, effect) => Effect.asSome(effect),
  whileOneOwned: (_, effect) => effect({ number: 1, isOurs: () => true }),
  forEachLeft: () => Effect.never,
  owns: () => true,
  epochs: Effect.succeed(null)
}

export class Ownership extends Context.Reference<Ownership>()("tidemark/Ownership", {
  defaultValue: (): OwnershipService => ALONE
}) {}
