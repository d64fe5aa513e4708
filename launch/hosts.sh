#!/usr/bin/env bash
# Trains a recipe on several hosts, over ssh.
#
#     launch/hosts.sh HOSTFILE N RECIPE --data DIR --output RUN [OPTION...]
#
#     printf 'node1 slots=2\nnode2 slots=2\n' > hosts
#     launch/hosts.sh hosts 4 launch/recipes/imagenet-ternary.yaml \
#         --data data/imagenet --output runs/imagenet
#
# HOSTFILE lists one host per line, in mpirun's format: `name slots=RANKS`. Each host gets N / hosts
# consecutive ranks, which exchange among themselves before they send to other hosts. Use equal slots
# and a multiple of the hosts for N: otherwise ranks do not exchange within their host first, and more
# bytes leave each host. Every host needs:
#
#   - ssh without a password
#   - the repository, already built, under the same path
#   - the data set under the same path (a shared file system is simplest); only rank 0 uses the
#     run folder
#   - the same CPU type and libraries; otherwise the results are not the same bits
#
# Environment:
#
#     MAP_BY             placement of ranks, as mpirun's --map-by (default: ppr:K:node, K consecutive
#                        ranks per host; slot if a host has fewer than K slots)
#     MPI_OPTIONS        more options for mpirun, such as `--mca btl_tcp_if_include eth0`
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
((${#hosts[@]} > 0)) || fail 65 "$hostfile lists no hosts"
slots=$(slot_count "$hostfile")
((slots >= ranks)) || fail 64 "$hostfile has $slots slots for $ranks ranks; raise slots= or lower N"

# Checks that each host can be reached and that its program is this one.
checksum() { sha256sum "$1" | cut -d ' ' -f 1; }
expected=$(checksum "$trainer")
for host in "${hosts[@]}"; do
    if is_this_host "$host"; then continue; fi
    found=$("${ssh_command[@]}" "$host" \
        "sha256sum '$trainer' 2>/dev/null | cut -d ' ' -f 1") ||
        fail 74 "$host: ssh failed; it must work without a password"
    [[ -n $found ]] || fail 66 "$host: $trainer not found; build the repository there"
    [[ $found == "$expected" ]] ||
        fail 65 "$host: $trainer is a different build; copy this host's file there"
done

prepare_hosts "$hostfile" "$ranks" "$trainer" train "$recipe" "$@"
run_job
