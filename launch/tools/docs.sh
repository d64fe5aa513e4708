#!/usr/bin/env bash
# Builds the documentation of every library with DocC, and fails on a warning.
#
#     launch/tools/docs.sh [OUTPUT [MODULE...]]       .build/documentation and all modules by default
#
# Needs a release build (`swift build -c release`) and `docc`, which comes with Swift's toolchains. Open a page
# with `docc preview` or any web server. Exits with 65 if there is a warning, 66 if docc or the build is missing.
source "$(dirname "${BASH_SOURCE[0]}")/../common.sh"

case ${1-} in -h | --help) show_help && exit 0 ;; esac
output=${1:-.build/documentation}
catalogs=(Sources/*/*.docc)
if (($# > 1)); then catalogs=("${@:2}") && catalogs=("${catalogs[@]/#/Sources/}"); fi
command -v docc >/dev/null || fail 66 "docc not found; it is part of Swift's toolchain"
[[ -d .build/release/Modules ]] || fail 66 "no release build; run: swift build -c release"

options=(-I .build/release/Modules -target "$(uname -m)-unknown-linux-gnu" -minimum-access-level internal -Xcc -march=native)
for map in Sources/C*/module.modulemap .build/checkouts/Yams/Sources/CYaml/include/module.modulemap \
    .build/checkouts/swift-crypto/Sources/*/include/module.modulemap; do
    options+=(-Xcc "-fmodule-map-file=$map" -Xcc -I -Xcc "$(dirname "$map")")
done
for flag in $(pkg-config --cflags hdf5 2>/dev/null); do options+=(-Xcc "$flag"); done

warnings=0
for catalog in "${catalogs[@]}"; do
    module=$(basename "$catalog" .docc)
    catalog=Sources/$module/$module.docc
    [[ -d $catalog ]] || fail 66 "$catalog not found"
    folder=$output/$module
    rm -rf "$folder" && mkdir -p "$folder/symbols"
    swift symbolgraph-extract -module-name "$module" "${options[@]}" -output-dir "$folder/symbols"
    # Only links and structure count: a doc comment describes the parameters that need words.
    docc convert "$catalog" --additional-symbol-graph-dir "$folder/symbols" \
        --fallback-display-name "$module" --fallback-bundle-identifier "lrnet-dist.$module" \
        --output-path "$folder/$module.doccarchive" >"$folder/log" 2>&1 ||
        { cat "$folder/log" >&2 && fail 65 "docc cannot build $catalog"; }
    found=$(grep -c '^warning: ' < <(grep -v "is missing documentation" "$folder/log")) || true
    if ((found > 0)); then
        grep -v "is missing documentation" "$folder/log" >&2
        warnings=$((warnings + found))
    fi
    say "$module: $found warnings"
done
((warnings == 0)) || fail 65 "$warnings warnings"
