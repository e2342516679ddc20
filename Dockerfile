# Images are named by their tags: whoever builds can pin them by their digests, as their own mirror has them, with
# --build-arg NODE_IMAGE=node:24.22.3-slim@sha256:… and --build-arg RUNTIME_IMAGE=…@sha256:…
ARG NODE_IMAGE=node:24.22.3-slim
ARG RUNTIME_IMAGE=gcr.io/distroless/nodejs24-debian12:nonroot

# Build: the compiler, its types and all that is bundled are needed here alone.
FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc tsconfig.json tsconfig.build.json tsconfig.client.json sensors.json ./
RUN npm ci --ignore-scripts
COPY migrations ./migrations
COPY packaging ./packaging
COPY src ./src
RUN npm run build && mkdir /data

# The bundle and Node, whose own SQLite is used: no package, no shell, no package manager.
FROM ${RUNTIME_IMAGE}
USER 65532:65532
ENV NODE_ENV=production \
    DATA_DIR=/data \
    HTTP_HOST=0.0.0.0 \
    MQTT_HOST=0.0.0.0
WORKDIR /app
COPY --from=build /app/dist/tidemark.cjs /app/dist/program*.c* ./
COPY --from=build /app/dist/assets ./assets
COPY LICENSE ./
COPY --from=build --chown=65532:65532 /data /data
VOLUME /data
EXPOSE 8000 1883 8883
# Healthy while the database answers and readings can be stored.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
  CMD ["/nodejs/bin/node", "tidemark.cjs", "health"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["/nodejs/bin/node", "--max-old-space-size=512", "tidemark.cjs"]
CMD ["start"]
