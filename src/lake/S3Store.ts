/** A lake in a bucket of S3, or of what speaks as it does. */
import { createReadStream, createWriteStream } from "node:fs"
import { mkdtemp, rm, stat } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Readable } from "node:stream"
import { pipeline } from "node:stream/promises"
import type { S3ClientConfig } from "@aws-sdk/client-s3"
import * as Effect from "effect/Effect"
import { faultOf, LakeFault } from "./LakeFormat.js"
import type { LakeStore } from "./LakeStore.js"

/** S3 takes no larger file in one piece. */
const PUT_BYTES_MAX = 5 * 1024 ** 3

export interface S3Place {
  readonly bucket: string
  /** Without slashes around it; empty: the bucket itself. */
  readonly prefix: string
}

/** Whose server, and as whom; what is absent, Amazon's client looks for by itself: in a profile, of the machine, … */
export interface S3Access {
  /** Of a server that is not Amazon's; its buckets are taken as folders of it. */
  readonly endpoint?: string | undefined
  readonly region?: string | undefined
  readonly key?:
    | { readonly id: string; readonly secret: string; readonly token?: string | undefined }
    | undefined
}

/** Of a server that has none: its client must name one. */
const ANY_REGION = "us-east-1"

/** The bucket and prefix of `s3://bucket/prefix`; undefined: it is no such address. */
export const s3Place = (address: string): S3Place | undefined => {
  const [, bucket, prefix = ""] = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/.exec(address) ?? []
  return bucket === undefined ? undefined : { bucket, prefix: prefix.replace(/^\/+|\/+$/g, "") }
}

const temporaryFolder = Effect.acquireRelease(
  Effect.tryPromise({
    try: () => mkdtemp(join(tmpdir(), "tidemark-lake-")),
    catch: (cause) => faultOf(tmpdir(), cause)
  }),
  (path) => Effect.promise(() => rm(path, { recursive: true, force: true }).catch(() => {}))
)

/** A part of a path, for a header. "=" means nothing there, and some servers take it as it stands alone. */
const encoded = (part: string): string => encodeURIComponent(part).replaceAll("%3D", "=")

const clientOptions = ({ endpoint, key, region }: S3Access): S3ClientConfig => ({
  ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true, region: region ?? ANY_REGION }),
  ...(region === undefined ? {} : { region }),
  ...(key === undefined
    ? {}
    : {
        credentials: {
          accessKeyId: key.id,
          secretAccessKey: key.secret,
          ...(key.token === undefined ? {} : { sessionToken: key.token })
        }
      }),
  // What stands in for S3 often knows no newer checksums. The digests of the manifest tell more.
  requestChecksumCalculation: "WHEN_REQUIRED",
  responseChecksumValidation: "WHEN_REQUIRED"
})

export const s3Store = ({ bucket, prefix }: S3Place, access: S3Access) =>
  Effect.gen(function* () {
    const address = `s3://${bucket}${prefix === "" ? "" : `/${prefix}`}`
    const sdk = yield* Effect.promise(() => import("./S3Sdk.js"))
    const client = yield* Effect.acquireRelease(
      Effect.sync(() => new sdk.S3Client(clientOptions(access))),
      (opened) => Effect.sync(() => opened.destroy())
    )
    const root = prefix === "" ? "" : `${prefix}/`
    const of = (path: string) => ({ Bucket: bucket, Key: `${root}${path}` })
    const trying = <A>(path: string, run: () => Promise<A>) =>
      Effect.tryPromise({
        try: run,
        catch: (cause) =>
          cause instanceof sdk.NoSuchKey
            ? new LakeFault({ path, reason: "it is not there" })
            : faultOf(path, cause)
      })

    const listAll = async () => {
      const paths: Array<string> = []
      for (let token: string | undefined, more = true; more; more = token !== undefined) {
        const { Contents = [], NextContinuationToken } = await client.send(
          new sdk.ListObjectsV2Command({ Bucket: bucket, Prefix: root, ContinuationToken: token })
        )
        for (const { Key = "" } of Contents) paths.push(Key.slice(root.length))
        token = NextContinuationToken
      }
      return paths
    }
    const bodyOf = async (path: string) => {
      const { Body } = await client.send(new sdk.GetObjectCommand(of(path)))
      if (!(Body instanceof Readable)) throw new Error("the answer has no body")
      return Body
    }

    const store: LakeStore = {
      address,
      workFolder: temporaryFolder,
      list: trying(address, listAll),
      readText: (path) =>
        trying(path, async () => {
          const answer = await client.send(new sdk.GetObjectCommand(of(path))).catch((cause) => {
            if (cause instanceof sdk.NoSuchKey) return undefined
            throw cause
          })
          return (await answer?.Body?.transformToString()) ?? null
        }),
      writeText: (path, text) =>
        Effect.asVoid(
          trying(path, () =>
            client.send(
              new sdk.PutObjectCommand({ ...of(path), Body: text, ContentType: "application/json" })
            )
          )
        ),
      put: (path, from) =>
        trying(path, async () => {
          const { size } = await stat(from)
          if (size > PUT_BYTES_MAX) throw new Error(`its ${size} bytes are more than S3 takes at once`)
          const body = createReadStream(from)
          await client.send(
            new sdk.PutObjectCommand({
              ...of(path),
              Body: body,
              ContentLength: size,
              ContentType: "application/vnd.apache.parquet"
            })
          )
          await rm(from, { force: true })
        }),
      copy: (from, to) =>
        Effect.asVoid(
          trying(from, () =>
            client.send(
              new sdk.CopyObjectCommand({
                ...of(to),
                CopySource: `${bucket}/${of(from).Key.split("/").map(encoded).join("/")}`
              })
            )
          )
        ),
      remove: (path) => Effect.asVoid(trying(path, () => client.send(new sdk.DeleteObjectCommand(of(path))))),
      local: (path) =>
        Effect.flatMap(temporaryFolder, (folder) =>
          trying(path, async () => {
            const file = join(folder, "file")
            await pipeline(await bodyOf(path), createWriteStream(file))
            return file
          })
        )
    }
    return store
  })
