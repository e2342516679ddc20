/** A view of the plots that somebody gave a name: all of it is in the query of its address. */
import * as Schema from "effect/Schema"
import { textOf } from "./StoredText.js"

export const VIEW_NAME_MAX = 80
export const VIEW_QUERY_MAX = 2_000
/** Views that are there at once. */
export const VIEWS_MAX = 1_000

/** It is a part of an address: no dots alone, which stand for folders there. */
export const isViewName = (name: string): boolean =>
  name.length >= 1 &&
  name.length <= VIEW_NAME_MAX &&
  name.trim() === name &&
  name.isWellFormed() &&
  !/\p{Cc}|\//u.test(name) &&
  !/^\.+$/.test(name)

export const SavedView = Schema.Struct({ query: textOf(VIEW_QUERY_MAX) })
export type SavedView = typeof SavedView.Type
