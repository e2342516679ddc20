/** The package has no types of its own: what the tests use of it. */
declare module "jsonld" {
  interface Options {
    readonly documentLoader: (url: string) => Promise<unknown>
    readonly safe?: boolean
  }
  const jsonld: { readonly toRDF: (document: object, options: Options) => Promise<unknown> }
  export default jsonld
}
