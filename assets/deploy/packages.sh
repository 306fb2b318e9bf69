#!/usr/bin/env bash
# Fills dist/packages with all that the image is built from: each package of uv.lock, and what builds this one. Needs the network; run
# it on a machine of the image's kind (its processor, Linux with glibc, its Python): packages are compiled for one.
set -euo pipefail
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export UV_CACHE_DIR="$PWD/dist/packages" UV_PROJECT_ENVIRONMENT="$work/environment" UV_PYTHON="${1:-3.13}"
uv sync --quiet --locked --no-dev --no-editable --all-extras
du -sh dist/packages
