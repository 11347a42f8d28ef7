# SPDX-License-Identifier: Apache-2.0
#
# Both programs of a cluster in one image with nothing else in it. They are compiled on the machine's own architecture for the
# one that is asked for: docker buildx build --platform linux/amd64,linux/arm64 . (make image)
FROM --platform=$BUILDPLATFORM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod go mod download
COPY . .
ARG TARGETOS=linux
ARG TARGETARCH
# As hack/local-binaries.sh prints it, so that what is shipped is what was tested.
ARG LDFLAGS="-s -w"
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \
    CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH go build -trimpath -buildvcs=false -ldflags "$LDFLAGS" \
    -o /out/ ./cmd/tenancy-apiserver ./cmd/tenancy-controller-manager

FROM scratch
ARG VERSION=dev
ARG REVISION=unknown
LABEL org.opencontainers.image.title="tenancy" \
      org.opencontainers.image.description="Tenants, Projects and GPU quota as a Kubernetes API" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION"
COPY --from=build /out/ /
COPY LICENSE /LICENSE
# By number: there is no /etc/passwd, and Kubernetes can tell that it is not root.
USER 65532:65532
ENTRYPOINT ["/tenancy-apiserver"]
