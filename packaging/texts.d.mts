import type { Plugin } from "esbuild"

export const textsBeside: (folder: string) => Plugin
