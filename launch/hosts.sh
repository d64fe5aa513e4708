#!/usr/bin/env bash
# Trains a recipe on several machines, over ssh.
#
#     launch/hosts.sh HOSTFILE N RECIPE --data DIR --output RUN [OPTION...]
#
#     printf 'node1 slots=2\nnode2 slots=2\n' > hosts
#     launch/hosts.sh hosts 4 launch/recipes/imagenet-ternary.yaml \
#         --data data/imagenet --output runs/imagenet
#
# HOSTFILE names one machine a line, as mpirun reads it: `name slots=RANKS`. N ranks are spread
# over the machines in turn. Every machine needs: ssh without a password; the repository, built,
# under the same path; the data and the run folder under the same path (a shared file system is
# simplest); the same CPU type and libraries, or bits differ.
#
# Environment: MAP_BY (default `node`; `slot` fills one machine first), MPI_OPTIONS (further options
# of mpirun, such as `--mca btl_tcp_if_include eth0`).
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

case ${1-} in -h | --help) show_help && exit 0 ;; esac
(($# >= 3)) || fail 64 "usage: hosts.sh HOSTFILE N RECIPE [OPTION...] (see --help)"
hostfile=$1
ranks=$2
recipe=$3
shift 3
require_count "$ranks"
find_hostfile
require_recipe "$recipe"
trainer=$(program lrnet-dist)

mapfile -t hosts < <(host_names "$hostfile")
((${#hosts[@]} > 0)) || fail 65 "$hostfile names no machine"
slots=$(slot_count "$hostfile")
((slots >= ranks)) || fail 64 "$hostfile offers $slots slots for $ranks ranks"

# Another machine is wrong in three ways: out of reach, without the program, with another one.
checksum() { sha256sum "$1" | cut -d ' ' -f 1; }
expected=$(checksum "$trainer")
for host in "${hosts[@]}"; do
    if is_this_host "$host"; then continue; fi
    found=$("${ssh_command[@]}" "$host" \
        "sha256sum '$trainer' 2>/dev/null | cut -d ' ' -f 1") ||
        fail 74 "$host: no ssh without a password"
    [[ -n $found ]] || fail 66 "$host: $trainer is missing"
    [[ $found == "$expected" ]] || fail 65 "$host: $trainer is another build"
done

prepare_hosts "$hostfile" "$ranks" "$trainer" train "$recipe" "$@"
run_job
