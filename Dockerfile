# The collector on a volume: see compose.yaml, or
#   docker build -t crypto-lake . && docker run -d --hostname crypto-lake -v lake:/lake crypto-lake
FROM node:20.20.2-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json rolldown.config.js ./
COPY src src
COPY page page
RUN npm run build && npm prune --omit=dev --ignore-scripts
RUN mkdir /lake /settings

FROM node:20.20.2-bookworm-slim
ENV NODE_ENV=production CRYPTO_LAKE_DIR=/lake
# Memory that is not needed is given back: see src/base/lean-memory.ts
ENV MALLOC_ARENA_MAX=2 MALLOC_MMAP_THRESHOLD_=32768 NODE_OPTIONS=--max-semi-space-size=4
WORKDIR /app
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist/program dist/program
COPY bin bin
COPY package.json LICENSE ./
# A new volume takes its owner from here.
COPY --from=build --chown=node:node /lake /lake
COPY --from=build --chown=node:node /settings /settings
USER node
VOLUME /lake
VOLUME /settings
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=1m --timeout=30s --start-period=2m --retries=3 \
  CMD ["node", "/app/bin/crypto-lake.js", "tables", "--check", "--max-lag", "2m"]
ENTRYPOINT ["node", "/app/bin/crypto-lake.js"]
CMD ["both"]
