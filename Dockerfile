# One image for the plugin, the hook runner, the backend and the command line; one tag for each major of Helm:
#   docker build --build-arg HELM_MAJOR=3 .
# A builder that does not set the platform itself (buildah before 1.30) also needs --build-arg TARGETARCH=amd64.
# Programs are pinned by version and checksum, the base by digest; Debian's git and its updates are not.
ARG NODE_IMAGE=docker.io/library/node:24.21.0-trixie-slim@sha256:8ec5d7557396cfe32d21c3f9c13072355ceab22b584578ca4bb28af31120cffe

FROM --platform=$BUILDPLATFORM ${NODE_IMAGE} AS bundles
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-audit --no-fund --loglevel=error
COPY tsconfig.json webpack.config.mjs ./
COPY core core
COPY runtime runtime
COPY cmp cmp
COPY hooks hooks
COPY ui-extension ui-extension
COPY cli cli
RUN STAGELINE_BUILD_ONLY=cmp,hooks,backend,stageline,tab \
    node node_modules/webpack/bin/webpack.js --config webpack.config.mjs --stats errors-only

FROM --platform=$BUILDPLATFORM ${NODE_IMAGE} AS tools
ARG TARGETARCH
ARG HELM_MAJOR=4
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates curl \
    && mkdir /out
WORKDIR /download
RUN set -eu; \
    case "$HELM_MAJOR-$TARGETARCH" in \
      4-amd64) version=4.1.4; sum=70b2c30a19da4db264dfd68c8a3664e05093a361cefd89572ffb36f8abfa3d09 ;; \
      4-arm64) version=4.1.4; sum=13d03672be289045d2ff00e4e345d61de1c6f21c1257a45955a30e8ae036d8f1 ;; \
      3-amd64) version=3.21.4; sum=61f88ab166748cb19604d7884cb100ae9ccb13804ddeb98e08af167eacbb6a14 ;; \
      3-arm64) version=3.21.4; sum=b54c04b4e0b2540bbdc08c17a121dab70e9a2ed0de5705528fec68a5fd3b85a7 ;; \
      *) echo "no checksum is known of Helm $HELM_MAJOR for $TARGETARCH" >&2; exit 1 ;; \
    esac; \
    curl -fsSL --retry 3 -o helm.tar.gz "https://get.helm.sh/helm-v$version-linux-$TARGETARCH.tar.gz"; \
    echo "$sum  helm.tar.gz" | sha256sum -c -; \
    tar -xzf helm.tar.gz --strip-components=1 "linux-$TARGETARCH/helm"; \
    install -m 0755 helm /out/helm
RUN set -eu; \
    case "$TARGETARCH" in \
      amd64) sum=029a7f0f4e1932c52a0476cf02a0fd855c0bb85694b82c338fc648dcb53a819d ;; \
      arm64) sum=0953ea3e476f66d6ddfcd911d750f5167b9365aa9491b2326398e289fef2c142 ;; \
      *) echo "no checksum is known of Kustomize for $TARGETARCH" >&2; exit 1 ;; \
    esac; \
    curl -fsSL --retry 3 -o kustomize.tar.gz \
      "https://github.com/kubernetes-sigs/kustomize/releases/download/kustomize%2Fv5.8.1/kustomize_v5.8.1_linux_$TARGETARCH.tar.gz"; \
    echo "$sum  kustomize.tar.gz" | sha256sum -c -; \
    tar -xzf kustomize.tar.gz kustomize; \
    install -m 0755 kustomize /out/kustomize

FROM ${NODE_IMAGE}
# The name under which this image is published: hook Jobs run in the same one.
ARG IMAGE=ghcr.io/stageline/stageline:v0.1.0
LABEL org.opencontainers.image.title="Stageline" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.source="https://github.com/stageline/stageline"
# Git signs commits with ssh-keygen, of openssh-client. 999 is the user of Argo CD's repo-server, beside which the plugin runs. Nothing here installs packages later.
RUN apt-get update \
    && apt-get upgrade -y \
    && apt-get install -y --no-install-recommends ca-certificates git openssh-client \
    && rm -rf /var/lib/apt/lists/* /usr/local/lib/node_modules /opt/yarn* \
    && rm -f /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack /usr/local/bin/yarn /usr/local/bin/yarnpkg \
    && groupadd --system --gid 999 stageline \
    && useradd --system --uid 999 --gid 999 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin stageline
COPY --from=tools /out/ /usr/local/bin/
COPY --from=bundles /src/dist/*.cjs /src/dist/extension-stageline.js /app/
COPY LICENSE cmp/generate.sh /app/
ENV NODE_ENV=production \
    STAGELINE_HOOK_IMAGE=${IMAGE} \
    STAGELINE_KUSTOMIZE=/usr/local/bin/kustomize
USER 999:999
WORKDIR /tmp
ENTRYPOINT ["node"]
CMD ["/app/stageline.cjs", "--help"]
