#!/usr/bin/env bash
# Trains a recipe in one process, without MPI and with all checks enabled.
#
#     launch/debug.sh RECIPE --data DIR --output RUN [OPTION...]
#
#     launch/debug.sh launch/recipes/mnist-ternary.yaml --data data/mnist --output runs/debug
#     DEBUGGER="lldb --" launch/debug.sh ...         # under a debugger
#
# Arguments after RECIPE are passed to `lrnet-dist train`, with --debug. The results are the same
# bits as with any number of ranks, so a fault in the numbers on a cluster can be reproduced here.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

case ${1-} in -h | --help) show_help && exit 0 ;; esac
(($# >= 1)) || fail 64 "usage: debug.sh RECIPE [OPTION...] (see --help)"
recipe=$1
shift
require_recipe "$recipe"
trainer=$(program lrnet-dist)
read -r -a debugger <<<"${DEBUGGER-}"
exec ${debugger[@]+"${debugger[@]}"} "$trainer" train "$recipe" "$@" --debug
