#!/usr/bin/env bash
# Builds the Dockerfile without a registry and tries the image: test/image/build.sh [folder]
#
# For root on Debian with buildah and debootstrap, after "npm run setup". The base is Debian's own packages with the
# Node that this repository locks. Helm comes out of the locked npm package and Kustomize is left out: the steps that
# download them are tested in test/manifests/image.test.ts. Takes some minutes and 3 GB; the folder can be kept.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
work=${1:-$(mktemp -d)}
mkdir -p "$work/tools/out" "$work/repository"
export BUILDAH_ISOLATION=chroot STORAGE_DRIVER=vfs
buildah() { command buildah --root "$work/store" --runroot "$work/run" "$@"; }

if [ ! -e "$work/root/etc/debian_version" ]; then
  debootstrap --variant=minbase --include=ca-certificates trixie "$work/root" http://deb.debian.org/debian
fi
install -D "$(readlink -f "$root/node_modules/.bin/node")" "$work/root/usr/local/bin/node"
mkdir -p "$work/root/usr/local/lib/node_modules" "$work/root/usr/local/etc"
cp -r "$(npm root --global)/npm" "$work/root/usr/local/lib/node_modules/"
ln -sf ../lib/node_modules/npm/bin/npm-cli.js "$work/root/usr/local/bin/npm"
# Behind a proxy with certificates of its own.
cp /etc/ssl/certs/ca-certificates.crt "$work/root/etc/ssl/certs/"
echo "cafile=/etc/ssl/certs/ca-certificates.crt" > "$work/root/usr/local/etc/npmrc"
base=$(buildah from scratch)
buildah add --quiet "$base" "$work/root" /
buildah commit --quiet "$base" localhost/node-base
buildah rm "$base"

cp -L "$root/node_modules/.cache/stageline/bin/helm" "$work/tools/out/helm"
# What an earlier build left behind must not get in.
mkdir -p "$root/dist"
touch "$root/dist/cmp-stale.cjs"
trap 'rm -f "$root/dist/cmp-stale.cjs"' EXIT
buildah build --network host --build-arg NODE_IMAGE=localhost/node-base --build-arg TARGETARCH=amd64 \
  --build-context "tools=$work/tools" --tag localhost/stageline "$root"

image=$(buildah from localhost/stageline)
in_image() { buildah run "$image" -- "$@"; }
test "$(in_image id --user)" = 999
in_image test ! -e /app/cmp-stale.cjs
in_image test -e /app/extension-stageline.js
in_image sh -c '! touch /app/x 2> /dev/null'
in_image sh -c '! command -v npm'
in_image sh -c 'cd "$(mktemp -d)" && ssh-keygen -q -t ed25519 -N "" -f key && git init --quiet && git -c user.name=a -c user.email=a@example.com -c gpg.format=ssh -c user.signingkey=key commit --quiet --gpg-sign --allow-empty --message=signed'
rm -rf "$work/repository" && cp -r "$root/examples/shop" "$work/repository"
git -C "$work/repository" init --quiet
git -C "$work/repository" add --all
git -C "$work/repository" -c user.name=a -c user.email=a@example.com commit --quiet --message=first
chown -R 999:999 "$work/repository"
mounted() { buildah run --volume "$work/repository:/repository" --workingdir "$@"; }
mounted /repository "$image" -- node /app/stageline.cjs lint
render() {
  mounted /repository/charts/dev --env ARGOCD_APP_NAME=shop-dev --env ARGOCD_APP_NAMESPACE=shop-dev \
    --env ARGOCD_APP_SOURCE_PATH=charts/dev --env ARGOCD_APP_SOURCE_REPO_URL=https://git.example.com/shop.git \
    --env ARGOCD_APP_REVISION=HEAD "$image" -- bash /app/generate.sh /app/cmp.cjs
}
render > "$work/render.yaml"
# The second one begins with a head start.
render | diff "$work/render.yaml" -
test "$(grep -c 'image: "\?ghcr.io/stageline/stageline:v' "$work/render.yaml")" = 4
buildah rm "$image"
echo "The image builds, and its programs run."
