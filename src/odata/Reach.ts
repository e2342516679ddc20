/** From the names of a request to the properties of an entity set. */
import * as Either from "effect/Either"
import { type EntitySet, type Property, type PropertyPath, pathText } from "./Edm.js"
import { type ODataError, odataError } from "./ODataError.js"

/** The primitive property at a path; an ODataError names the part that is not there. */
export const reach = (
  set: EntitySet,
  path: ReadonlyArray<string>,
  target: string
): Either.Either<PropertyPath, ODataError> => {
  let properties: ReadonlyArray<Property> = set.properties
  let nullable = false
  for (const [index, name] of path.entries()) {
    const property = properties.find((one) => one.name === name)
    if (property === undefined) {
      const at = index === 0 ? set.name : `${set.name}/${pathText(path.slice(0, index))}`
      return Either.left(
        odataError("UnknownProperty", `${at} has no property ${JSON.stringify(name)}`, target)
      )
    }
    if (!property.filterable) {
      return Either.left(odataError("NotImplemented", `${target} can't ask for ${pathText(path)}`, target))
    }
    nullable ||= property.nullable
    if (property.type._tag === "Primitive") {
      return index === path.length - 1
        ? Either.right({ path, kind: property.type.kind, nullable })
        : Either.left(
            odataError("UnknownProperty", `${pathText(path.slice(0, index + 1))} has no properties`, target)
          )
    }
    properties = property.type.of.properties
  }
  return Either.left(
    odataError("TypeMismatch", `${pathText(path)} is no single value: ask for one of its properties`, target)
  )
}
