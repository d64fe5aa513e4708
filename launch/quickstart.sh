#!/usr/bin/env bash
# Trains a ternary network from scratch: installs packages and builds (unless this is a package),
# generates a small data set of digits, trains a full-precision network and then, from it, a ternary
# one.
#
#     launch/quickstart.sh [--ranks N]        number of ranks (default 2)
#
# If it is interrupted, run it again: it resumes where it stopped and does not repeat finished work.
# To start over, remove runs/quickstart-* (and data/digits).
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

ranks=2
while (($# > 0)); do
    case $1 in
    -h | --help) show_help && exit 0 ;;
    --ranks)
        require_value "$@"
        ranks=$2
        shift 2
        ;;
    *) fail 64 "unknown option '$1' (see --help)" ;;
    esac
done
require_count "$ranks"

source_run=runs/quickstart-full-precision
ternary_run=runs/quickstart-ternary

if is_package; then
    say "This takes about 3 minutes on two cores."
else
    say "This takes about 7 minutes on two cores: 4 to build and 3 to train."
fi
say "During training, Ctrl-C saves a checkpoint; run the same command again to resume."
if ! is_package; then
    say "== 1 of 5: system packages"
    launch/setup.sh
    say "== 2 of 5: build"
    swift build -c release --product lrnet-dist
    swift build -c release --product lrnet-data
fi
trainer=$(program lrnet-dist)
data_tool=$(program lrnet-data)
say "== 3 of 5: data"
# index.json is written last: if it exists, the data set is complete.
if [[ ! -f data/digits/index.json ]]; then
    "$data_tool" synthesize digits --output data/digits
fi
say "== 4 of 5: full-precision network"
launch_ranks "$ranks" "$trainer" train launch/recipes/digits-full-precision.yaml \
    --data data/digits --output "$source_run"
say "== 5 of 5: ternary network"
launch_ranks "$ranks" "$trainer" train launch/recipes/digits-ternary.yaml \
    --data data/digits --output "$ternary_run" --set "initialization.from=$source_run"

say ""
say "The ternary network is $ternary_run/winner.safetensors (int8 weights)."
say "Next steps:"
say "    export PATH=\"${trainer%/*}:\$PATH\""
say "    lrnet-dist describe $ternary_run/winner.safetensors"
say "    lrnet-dist evaluate $ternary_run/winner.safetensors --data data/digits --split test"
say "    lrnet-dist report $source_run $ternary_run --output report.html --data data/digits"
say "Then continue with \"Train MNIST\" in README.md."
