/** Requests to `/odata` that are refused: with which status, and what the error names. */
import { filter } from "./ODataRequests.js"

interface Refused {
  readonly path: string
  readonly status: number
  readonly code: string
  readonly target?: string
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
}

const refused = (
  path: string,
  status: number,
  code: string,
  more: Omit<Refused, "path" | "status" | "code"> = {}
): Refused => ({
  path,
  status,
  code,
  ...more
})

export const ERRORS: ReadonlyArray<Refused> = [
  refused(filter("valve gt 1"), 400, "UnknownProperty", { target: "valve" }),
  refused("/odata/readings?$select=id,valve", 400, "UnknownProperty", { target: "valve" }),
  refused("/odata/readings?$orderby=valve", 400, "UnknownProperty", { target: "valve" }),
  refused("/odata/sensors?$filter=metadata/colour eq 'x'", 400, "UnknownProperty", { target: "colour" }),
  refused("/odata/readings?$orderby=value%20sideways", 400, "BadRequest", { target: "$orderby" }),
  refused("/odata/readings?$orderby=", 400, "BadRequest"),
  refused("/odata/readings?$orderby=length(unit)", 501, "NotImplemented"),
  refused(filter("value gt"), 400, "InvalidFilter"),
  refused(filter("value gt 1)"), 400, "InvalidFilter"),
  refused(filter("unit eq 'C"), 400, "InvalidFilter"),
  refused(filter('unit eq "C"'), 400, "InvalidFilter"),
  refused(filter(""), 400, "InvalidFilter"),
  refused(filter("value eq '20'"), 400, "TypeMismatch"),
  refused(filter("timestamp ge '2024-01-01'"), 400, "TypeMismatch", { target: "quotes" }),
  refused(filter("timestamp ge 2024-02-30T00:00:00Z"), 400, "InvalidFilter"),
  refused(filter("1; DROP TABLE events"), 400, "InvalidFilter"),
  refused(filter("' OR 1=1 --"), 400, "InvalidFilter"),
  refused(filter("unit eq 'a\0b'"), 400, "InvalidFilter"),
  refused(filter("value eq NaN"), 400, "UnknownProperty", { target: "NaN" }),
  refused(filter("value gt 1e999"), 400, "InvalidFilter"),
  refused(filter("startswith(value,'2')"), 400, "TypeMismatch"),
  refused(filter("startswith(unit)"), 400, "InvalidFilter"),
  refused(filter(`${"(".repeat(100)}true${")".repeat(100)}`), 400, "TooComplex"),
  refused(filter("geo.distance(lat,lng) lt 5"), 501, "NotImplemented"),
  refused(filter("cast(value,'Edm.Int32') eq 1"), 501, "NotImplemented"),
  refused(filter("value has Tidemark.Colour'Red'"), 501, "NotImplemented"),
  refused("/odata/datasets?$filter=made_from/any(x:x eq 'events')", 501, "NotImplemented"),
  refused("/odata/sensors?$filter=status/state eq 'running'", 501, "NotImplemented", { target: "status" }),
  refused("/odata/readings?$filter=%E0%A4%A", 400, "BadRequest"),
  refused("/odata/readings?$top=-1", 400, "BadRequest", { target: "$top" }),
  refused("/odata/readings?$top=abc", 400, "BadRequest", { target: "$top" }),
  refused("/odata/readings?$skip=1.5", 400, "BadRequest", { target: "$skip" }),
  refused("/odata/readings?$count=yes", 400, "BadRequest", { target: "$count" }),
  refused("/odata/readings?$top=1&$top=2", 400, "BadRequest", { target: "$top" }),
  refused("/odata/readings?$topp=1", 400, "BadRequest", { target: "$topp" }),
  refused("/odata/readings?$skiptoken=abc", 400, "BadRequest", { target: "$skiptoken" }),
  ...(
    [
      ["groupby((unit),aggregate(value with average as mean))/groupby((mean))", 501, "NotImplemented"],
      ["groupby((unit),filter(value gt 1))", 501, "NotImplemented"],
      ["compute(value mul 2 as double)/aggregate(double with sum as d)", 501, "NotImplemented"],
      ["aggregate(value with Custom.median as m)", 501, "NotImplemented"],
      ["filter(value gt 1)", 501, "NotImplemented"],
      ["groupby((nothing))", 400, "UnknownProperty"],
      ["groupby(unit)", 400, "BadRequest"],
      ["groupby((unit", 400, "BadRequest"],
      ["aggregate(unit with sum as u)", 400, "BadRequest"],
      ["aggregate(value with sum)", 400, "BadRequest"],
      ["aggregate(value with sum as n,$count as n)", 400, "BadRequest"],
      ["aggregate(value gt with sum as n)", 400, "InvalidFilter"],
      ["", 400, "BadRequest"]
    ] as const
  ).map(([text, status, code]) =>
    refused(`/odata/readings?$apply=${encodeURIComponent(text)}`, status, code, { target: "$apply" })
  ),
  refused("/odata/sensors?$apply=groupby((metadata/unit))", 501, "NotImplemented", { target: "$apply" }),
  refused("/odata/datasets?$apply=aggregate($count as n)", 501, "NotImplemented", { target: "$apply" }),
  refused("/odata/readings?$apply=groupby((unit))&$filter=value gt 1", 400, "UnknownProperty"),
  refused("/odata/readings(1)?$apply=groupby((unit))", 400, "BadRequest", { target: "$apply" }),
  refused("/odata/readings?$expand=sensor", 501, "NotImplemented", { target: "$expand" }),
  refused("/odata/readings?$search=kitchen", 501, "NotImplemented"),
  refused("/odata/readings?$compute=value mul 2 as double", 501, "NotImplemented"),
  refused("/odata/readings?$inlinecount=allpages", 501, "NotImplemented"),
  refused("/odata/readings?$filter=value gt @p&@p=1", 501, "NotImplemented"),
  refused("/odata/readings?$format=atom", 406, "NotAcceptable"),
  refused("/odata/readings", 406, "NotAcceptable", { headers: { accept: "application/atom+xml" } }),
  refused("/odata/", 406, "NotAcceptable", { headers: { accept: "text/html" } }),
  refused("/odata/$metadata?$format=json", 406, "NotAcceptable"),
  refused("/odata/readings", 400, "BadRequest", {
    headers: { "odata-maxversion": "3.0" },
    target: "OData-MaxVersion"
  }),
  refused("/odata/nothing", 404, "NotFound"),
  refused("/odata/readings(987654)", 404, "NotFound"),
  refused("/odata/aggregates(987654)", 404, "NotFound"),
  refused("/odata/sensors(987654)", 404, "NotFound"),
  refused("/odata/readings('x')", 400, "BadRequest"),
  refused("/odata/readings(1)/value", 501, "NotImplemented"),
  refused("/odata/readings(1)?$filter=value gt 1", 400, "BadRequest"),
  refused("/odata/readings/$count?$top=1", 400, "BadRequest"),
  refused("/odata/$batch", 501, "NotImplemented", { method: "POST" }),
  refused("/odata/$entity?$id=readings(1)", 501, "NotImplemented"),
  refused("/odata/readings", 405, "MethodNotAllowed", { method: "POST" }),
  refused("/odata/readings(1)", 405, "MethodNotAllowed", { method: "DELETE" }),
  refused("/odata/%zz", 404, "NotFound")
]
