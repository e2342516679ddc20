/**
 * What is taken of Amazon's client of S3. Nothing of ours is imported here, and this file is loaded by `import()` alone: the
 * bundle sets all of it up when a lake lies in a bucket, and not before.
 */
export {
  CopyObjectCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  NoSuchKey,
  PutObjectCommand,
  S3Client
} from "@aws-sdk/client-s3"
