#!/usr/bin/env bash
# Measures what the exchange of gradients costs: exact against fast sums, in shared memory and between
# hosts with limited links (launch/virtual-hosts.sh; needs root). Prints the tables of
# launch/benchmarks.md and launch/growing.md in Markdown, in about three minutes.
#
#     launch/network-bench.sh [STEPS]         steps of each kind; 20
#
# Only on a quiet machine: ranks beyond the cores share them, and wait for one another then.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

case ${1-} in -h | --help) show_help && exit 0 ;; esac
steps=${1:-20}
is_positive "$steps" || fail 64 "'$steps' is no number of steps (see --help)"
rate=1gbit
[[ $(id -u) -eq 0 ]] || fail 66 "network namespaces need root"
trainer=$(program lrnet-dist)
common=(--network mnist --weights ternary --global-batch 256 --steps "$steps")

# HOSTS RANKS COMMAND...; no hosts: here, in shared memory.
run() {
    local hosts=$1 ranks=$2
    shift 2
    local -a mpirun=(mpirun -n "$ranks" --bind-to none --oversubscribe)
    if ((hosts == 0)); then
        "${mpirun[@]}" "$@"
        return
    fi
    launch/virtual-hosts.sh "$hosts" --rate "$rate" --slots $(((ranks + hosts - 1) / hosts)) \
        --seconds 300 -- "${mpirun[@]}" --map-by node "$@"
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
echo "| hosts | bytes of one | exchange, predicted | exchange, measured | step without limit | step at 1 Gbit/s | predicted |"
echo "| ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
field() { sed -n "s/.*\"$1\":\([0-9.e+-]*\)[,}].*/\1/p" <<<"$2"; }
for ranks in 2 4; do
    free=$(rate=100gbit run "$ranks" "$ranks" "$trainer" bench step "${common[@]}")
    slow=$(run "$ranks" "$ranks" "$trainer" bench step "${common[@]}")
    awk -v hosts="$ranks" -v bytes="$(field planned_bytes "$slow")" \
        -v exchange="$(field exchange_seconds "$slow")" -v free="$(field step_seconds "$free")" \
        -v step="$(field step_seconds "$slow")" 'BEGIN {
            # 1,448 bytes of 1,514 that a full frame takes on the link.
            wire = bytes * 8 / 1e9 * 1514 / 1448
            longest = free > wire ? free : wire
            printf "| %d | %d | %.1f ms | %.1f ms | %.1f ms | %.1f ms | %.1f ms |\n", hosts, bytes,
                1e3 * wire, 1e3 * exchange, 1e3 * free, 1e3 * step, 1e3 * longest
        }'
done
