#!/usr/bin/env bash
# Trains a recipe on several ranks of this host.
#
#     launch/local.sh N RECIPE --data DIR --output RUN [OPTION...]
#
#     launch/local.sh 8 launch/recipes/mnist-ternary.yaml --data data/mnist --output runs/mnist
#
# Arguments after RECIPE are passed to `lrnet-dist train`. Relative paths start at the root of the
# repository. `training.threads` in the recipe is per rank: ranks times threads should not exceed
# the number of cores. Run the same command again to resume. The exit codes are those of lrnet-dist:
# 0 done, 75 stopped early with a good checkpoint.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

case ${1-} in -h | --help) show_help && exit 0 ;; esac
(($# >= 2)) || fail 64 "usage: local.sh N RECIPE [OPTION...] (see --help)"
ranks=$1
recipe=$2
shift 2
require_count "$ranks"
require_recipe "$recipe"
trainer=$(program lrnet-dist)
launch_ranks "$ranks" "$trainer" train "$recipe" "$@"
