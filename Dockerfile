# The gateway for servers: without the embedded engine, the AWS clients and the Node binaries, which are optional packages that only a laptop
# and an operator need. linux/amd64 and linux/arm64. What comes out of the first two stages is the same for both: they run on the machine
# that builds, and the last one only copies, so no emulator is needed. docs/image.md says how it is started.

# Node ships as this exact version; the digest of what a registry has under it is given at build time: NODE_DIGEST=sha256:<64 hex digits>.
ARG NODE_IMAGE=docker.io/library/node:24.21.0-bookworm-slim
ARG NODE_DIGEST

FROM --platform=$BUILDPLATFORM ${NODE_IMAGE}${NODE_DIGEST:+@$NODE_DIGEST} AS build
ARG NPM_CONFIG_REGISTRY
WORKDIR /build
COPY package.json package-lock.json ./
# Everything, since the compilers of types and pages are optional packages of their own, one for each machine.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY scripts scripts
COPY bin bin
COPY web web
COPY src src
RUN npm run build && npm run build:web
# Sources are not in the image, so maps to them would lead nowhere; declarations are for who compiles against us.
RUN find dist \( -name '*.map' -o -name '*.d.ts' \) -delete && mkdir data

FROM --platform=$BUILDPLATFORM ${NODE_IMAGE}${NODE_DIGEST:+@$NODE_DIGEST} AS packages
ARG NPM_CONFIG_REGISTRY
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund
# What Node never loads: half of the files.
RUN find node_modules -type f \( -name '*.map' -o -name '*.ts' -o -name '*.mts' -o -name '*.cts' -o -name '*.md' \) -delete

FROM ${NODE_IMAGE}${NODE_DIGEST:+@$NODE_DIGEST}
ARG VERSION=0.0.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Sluice" \
      org.opencontainers.image.description="OpenAI-compatible gateway for LLMs" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION"
ENV NODE_ENV=production \
    HOST=0.0.0.0 \
    PORT=4000 \
    SLUICE_DATA=/data \
    HOME=/tmp
WORKDIR /app
COPY package.json LICENSE scripts/image/healthcheck.mjs ./
COPY --from=packages /build/node_modules node_modules
COPY --from=build /build/bin bin
COPY --from=build /build/dist dist
COPY --from=build /build/web/dist web/dist
COPY --from=build --chown=10001:10001 /build/data /data
VOLUME /data
EXPOSE 4000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["node", "/app/healthcheck.mjs"]
# A number, so that orchestrators can see that it is not root.
USER 10001:10001
ENTRYPOINT ["node", "/app/bin/sluice.js"]
CMD ["serve"]
