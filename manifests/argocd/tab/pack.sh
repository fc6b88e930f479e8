#!/bin/sh
# Packs the tab for Argo CD's extension installer: pack.sh <extension-stageline.js> <folder>
# The installer wants resources/ at the top, and in it a folder named like the file. The checksum list has one line
# without a path: releases of the installer differ in how they look for it. The same input gives the same bytes.
set -eu
script=$1
out=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$out" "$work/resources/extension-stageline.js"
cp "$script" "$work/resources/extension-stageline.js/extension-stageline.js"
tar --create --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner --mode=u=rwX,go=rX \
  --directory "$work" resources | gzip --no-name > "$out/extension-stageline.tar.gz"
cd "$out"
sha256sum extension-stageline.tar.gz > extension-stageline_checksums.txt
