#!/bin/sh
# Builds the fixtures (Debian: apt-get install wabt). They are committed, so that the tests need no toolchain.
set -eu
cd "$(dirname "$0")"
for source in *.wat; do
	wat2wasm --output="${source%.wat}.wasm" "$source"
done
