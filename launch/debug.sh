#!/usr/bin/env bash
# Trains a recipe in one process without MPI, with all checks on.
#
#     launch/debug.sh RECIPE --data DIR --output RUN [OPTION...]
#
#     launch/debug.sh launch/recipes/mnist-ternary.yaml --data data/mnist --output runs/debug
#     DEBUGGER="lldb --" launch/debug.sh ...         # under a debugger
#
# What follows RECIPE goes to `lrnet-dist train`, with --debug. The numbers are those of any number
# of ranks, bit for bit, so a fault seen on a cluster is seen here.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

case ${1-} in -h | --help) show_help && exit 0 ;; esac
(($# >= 1)) || fail 64 "usage: debug.sh RECIPE [OPTION...] (see --help)"
recipe=$1
shift
require_recipe "$recipe"
trainer=$(program lrnet-dist)
read -r -a debugger <<<"${DEBUGGER-}"
exec ${debugger[@]+"${debugger[@]}"} "$trainer" train "$recipe" "$@" --debug
