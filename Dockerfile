# Muster as a container image.
#
#   docker build -t muster:dev .                  production: server, worker, migrate, setup …
#   docker build -t muster-all:dev --target all . with a Temporal server inside: all, dev
#
# The first needs some minutes, the second some more, since it compiles a whole Temporal
# server; `--progress=plain` shows how far it is. BuildKit is needed (Docker 23 or later).
#
# The same source and VERSION give the same binary, byte for byte. So that the image is the
# same too, say when it was made, and have BuildKit write that time into the layers:
#
#   SOURCE_DATE_EPOCH=$(git log -1 --format=%ct) docker buildx build \
#     --build-arg VERSION=1.2.3 --output type=oci,dest=muster.tar,rewrite-timestamp=true .
#
# docs/operations.md says how this file was checked.

# The version of Go is that of go.mod. The images are built on the machine's own platform
# and compile for the target's, so that nothing is emulated.
FROM --platform=$BUILDPLATFORM golang:1.26.8-trixie AS source
# local: what the image brings is used, and no other toolchain downloaded.
ENV CGO_ENABLED=0 GOTOOLCHAIN=local GOFLAGS="-buildvcs=false -mod=readonly"
WORKDIR /src
# What shows the progress runs here, whatever the target is.
RUN --mount=type=bind,target=. \
    --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \
    go build -trimpath -o /usr/local/bin/buildprogress ./internal/buildprogress
# What a static binary needs of a system: certificates, and a name for its user.
RUN mkdir -p /root-fs/etc/ssl/certs \
    && cp /etc/ssl/certs/ca-certificates.crt /root-fs/etc/ssl/certs/ \
    && echo 'muster:x:65532:65532:muster:/var/lib/muster:/sbin/nologin' > /root-fs/etc/passwd \
    && echo 'muster:x:65532:' > /root-fs/etc/group

# slim leaves the Temporal server out; timetzdata puts the time zones into the binary
# (450 kB), since there are none beside it.
FROM source AS build
ARG TARGETOS TARGETARCH VERSION=""
RUN --mount=type=bind,target=. \
    --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \
    GOOS=$TARGETOS GOARCH=$TARGETARCH buildprogress -tags slim,timetzdata -trimpath \
      -ldflags "-s -w -X main.version=$VERSION" -o /out/muster ./cmd/muster

FROM source AS build-all
ARG TARGETOS TARGETARCH VERSION=""
RUN --mount=type=bind,target=. \
    --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \
    GOOS=$TARGETOS GOARCH=$TARGETARCH buildprogress -tags timetzdata -trimpath \
      -ldflags "-s -w -X main.version=$VERSION" -o /out/muster ./cmd/muster

# Nothing but that and the binary: no shell, no package manager, nothing to patch but Go.
FROM scratch AS runtime
ARG VERSION=""
LABEL org.opencontainers.image.title="Muster" \
      org.opencontainers.image.description="Runs incidents, from the alert to the last follow-up closed." \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version=$VERSION
COPY --from=source /root-fs/ /
ENV PATH=/usr/local/bin HOME=/var/lib/muster MUSTER_DATA_DIR=/var/lib/muster
# By number, so that Kubernetes can see that it is not root.
USER 65532:65532
# BuildKit makes this folder the user's, for `all`, `dev` and `sandbox` to write to.
WORKDIR /var/lib/muster
EXPOSE 8080 8081
ENTRYPOINT ["/usr/local/bin/muster"]
CMD ["--help"]

FROM runtime AS all
COPY --from=build-all /out/muster /usr/local/bin/muster

# The last target is what `docker build` builds when it is not told otherwise.
FROM runtime AS muster
COPY --from=build /out/muster /usr/local/bin/muster
