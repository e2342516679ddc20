/**
 * What is taken of the SDK of the Model Context Protocol. Nothing of ours is imported here, and this file is loaded by
 * `import()` alone: the bundle sets all of it up when somebody speaks the protocol, and not before.
 */
export { Server } from "@modelcontextprotocol/sdk/server/index.js"
export { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js"
export { WebStandardStreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js"
export { CallToolRequestSchema, ListToolsRequestSchema } from "@modelcontextprotocol/sdk/types.js"
