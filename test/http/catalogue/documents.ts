/** What the documents in public standards must be: reduced to what readers of them rely on. */

const text = { type: "string", minLength: 1 }

/** Frictionless Data Package 2.0, of the parts that we use. Our own reduction of its profile. */
export const DATA_PACKAGE = {
  type: "object",
  required: ["$schema", "resources"],
  properties: {
    $schema: { const: "https://datapackage.org/profiles/2.0/datapackage.json" },
    name: { type: "string", pattern: "^[a-z0-9._-]+$" },
    version: text,
    homepage: { type: "string", format: "uri" },
    keywords: { type: "array", minItems: 1, items: text },
    contributors: { type: "array", minItems: 1, items: { type: "object", required: ["title"] } },
    resources: {
      type: "array",
      minItems: 1,
      items: {
        type: "object",
        required: ["name", "path", "schema"],
        properties: {
          name: { type: "string", pattern: "^[a-z0-9._-]+$" },
          path: { type: "string", format: "uri" },
          type: { const: "table" },
          licenses: {
            type: "array",
            minItems: 1,
            items: {
              type: "object",
              anyOf: [{ required: ["name"] }, { required: ["path"] }],
              properties: { name: { type: "string", pattern: "^([-a-zA-Z0-9._])+$" } }
            }
          },
          schema: {
            type: "object",
            required: ["fields"],
            properties: {
              primaryKey: { type: "array", minItems: 1, items: text },
              missingValues: { type: "array", items: { type: "string" } },
              fields: {
                type: "array",
                minItems: 1,
                items: {
                  type: "object",
                  required: ["name", "type"],
                  properties: {
                    name: text,
                    type: { enum: ["integer", "number", "datetime", "string", "boolean", "object"] },
                    constraints: {
                      type: "object",
                      additionalProperties: false,
                      properties: {
                        required: { type: "boolean" },
                        unique: { type: "boolean" },
                        minimum: { type: "number" },
                        maximum: { type: "number" }
                      }
                    }
                  }
                }
              }
            }
          }
        }
      }
    }
  }
}

/** ODCS 3.1, of the parts that we use. Our own reduction of its schema. */
export const DATA_CONTRACT = {
  type: "object",
  additionalProperties: false,
  required: ["version", "apiVersion", "kind", "id", "status"],
  properties: {
    version: text,
    apiVersion: { const: "v3.1.0" },
    kind: { const: "DataContract" },
    id: text,
    name: text,
    domain: text,
    status: { enum: ["proposed", "draft", "active", "deprecated", "retired"] },
    description: {
      type: "object",
      additionalProperties: false,
      properties: { purpose: text, usage: text, limitations: text }
    },
    servers: {
      type: "array",
      items: {
        type: "object",
        required: ["server", "type", "location"],
        properties: { type: { const: "api" } }
      }
    },
    slaProperties: {
      type: "array",
      items: {
        type: "object",
        additionalProperties: false,
        required: ["property", "value"],
        properties: { property: text, value: {}, unit: text, element: text, description: text }
      }
    },
    support: {
      type: "array",
      items: { type: "object", properties: { channel: text, url: text, tool: text } }
    },
    team: { type: "object", required: ["members"] },
    schema: {
      type: "array",
      minItems: 1,
      items: {
        type: "object",
        required: ["name", "properties"],
        properties: {
          name: text,
          logicalType: { const: "object" },
          tags: { type: "array", items: text },
          properties: {
            type: "array",
            items: {
              type: "object",
              required: ["name", "logicalType", "physicalType"],
              properties: {
                logicalType: {
                  enum: [
                    "string",
                    "date",
                    "timestamp",
                    "time",
                    "number",
                    "integer",
                    "object",
                    "array",
                    "boolean"
                  ]
                },
                quality: {
                  type: "array",
                  items: {
                    type: "object",
                    required: ["metric", "mustBe"],
                    properties: {
                      metric: {
                        enum: ["nullValues", "missingValues", "invalidValues", "duplicateValues", "rowCount"]
                      },
                      dimension: {
                        enum: [
                          ...["accuracy", "completeness", "conformity", "consistency"],
                          ...["coverage", "timeliness", "uniqueness"]
                        ]
                      }
                    }
                  }
                }
              }
            }
          }
        }
      }
    }
  }
}

/** The context of schema.org, of the terms that we use: no test asks the internet. */
export const SCHEMA_ORG = {
  "@context": {
    "@vocab": "http://schema.org/",
    url: { "@type": "@id" },
    license: { "@type": "@id" },
    contentUrl: { "@type": "@id" },
    dateModified: { "@type": "http://schema.org/Date" }
  }
}
