#!/usr/bin/env bash
# Measures the cost of the gradient exchange: exact and fast sums, in shared memory and between
# hosts with limited links (launch/tools/virtual-hosts.sh, which requires root). Takes about three minutes.
# Prints, in Markdown, tables of Benchmarks.md (in LRNetBenchmarks.docc) and Scaling.md (in
# LRNetTraining.docc).
#
#     launch/tools/network-bench.sh [STEPS]         steps per measurement (default 20)
#
# Run it on an otherwise idle machine. Ranks beyond the number of cores share cores and wait for one
# another.
source "$(dirname "${BASH_SOURCE[0]}")/../common.sh"

case ${1-} in -h | --help) show_help && exit 0 ;; esac
steps=${1:-20}
is_positive "$steps" || fail 64 "'$steps' is not a number of steps (see --help)"
rate=1gbit
[[ $(id -u) -eq 0 ]] || fail 66 "network namespaces require root"
trainer=$(program lrnet-dist)
common=(--network mnist --weights ternary --global-batch 256 --steps "$steps")

# Arguments: HOSTS RANKS COMMAND... With 0 hosts, the ranks run on this machine, in shared memory.
run() {
    local hosts=$1 ranks=$2
    shift 2
    local -a mpirun=(mpirun -n "$ranks" --bind-to none --oversubscribe)
    if ((hosts == 0)); then
        "${mpirun[@]}" "$@"
        return
    fi
    local slots=$(((ranks + hosts - 1) / hosts))
    launch/tools/virtual-hosts.sh "$hosts" --rate "$rate" --slots "$slots" --seconds 300 -- \
        "${mpirun[@]}" --map-by "ppr:$slots:node" "$@"
}

echo "| where | ranks | sums | step | exchange alone | waited for | hidden | all waiting | messages, calls | bytes |"
echo "| --- | ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
for place in "0 2" "0 8" "2 2" "2 8" "8 8"; do
    read -r hosts ranks <<<"$place"
    where="shared memory"
    if ((hosts > 0)); then where="$hosts hosts, 1 Gbit/s"; fi
    run "$hosts" "$ranks" "$trainer" bench exchange "${common[@]}" --markdown |
        sed "s#^#| $where #"
done

echo
echo "| hosts | bytes sent by one | exchange, predicted | exchange, measured | step without limit | step at 1 Gbit/s | predicted |"
echo "| ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
field() { sed -n "s/.*\"$1\":\([0-9.e+-]*\)[,}].*/\1/p" <<<"$2"; }
for ranks in 2 4; do
    unlimited=$(rate=100gbit run "$ranks" "$ranks" "$trainer" bench step "${common[@]}")
    limited=$(run "$ranks" "$ranks" "$trainer" bench step "${common[@]}")
    awk -v hosts="$ranks" -v bytes="$(field planned_bytes "$limited")" \
        -v exchange="$(field exchange_seconds "$limited")" \
        -v unlimited="$(field step_seconds "$unlimited")" \
        -v step="$(field step_seconds "$limited")" 'BEGIN {
            # A full frame of 1,514 bytes on the link carries 1,448 bytes of data.
            transfer = bytes * 8 / 1e9 * 1514 / 1448
            longest = unlimited > transfer ? unlimited : transfer
            printf "| %d | %d | %.1f ms | %.1f ms | %.1f ms | %.1f ms | %.1f ms |\n", hosts, bytes,
                1e3 * transfer, 1e3 * exchange, 1e3 * unlimited, 1e3 * step, 1e3 * longest
        }'
done
