#!/usr/bin/env bash
# Measures the cost of the gradient exchange: exact and fast sums, in shared memory and between
# hosts with limited links (launch/tools/virtual-hosts.sh, which requires root). Takes about ten minutes.
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

# A step between hosts as `describe` plans it, with two constants of a link under load (see Scaling.md),
# and as it is measured. Two cores compute 1,800 images per second of this network.
echo
echo "| hosts x ranks | rate of a link | sent by a rank to other hosts | step, planned | step, measured | planned / measured |"
echo "| --- | ---: | ---: | ---: | ---: | ---: |"
field() { sed -n "s/.*\"$1\":\([0-9.e+-]*\)[,}].*/\1/p" <<<"$2"; }
for row in "2 1 50" "2 4 50" "4 1 50" "8 1 50" "2 1 100" "2 2 100" "2 4 100" "4 1 100" "4 2 100" \
    "8 1 100" "2 1 200" "2 4 200" "4 1 200" "8 1 200" "2 1 1000"; do
    read -r hosts slots megabits <<<"$row"
    ranks=$((hosts * slots))
    measured=$(rate=${megabits}mbit run "$hosts" "$ranks" "$trainer" bench step "${common[@]}")
    planned=$("$trainer" describe launch/recipes/mnist-ternary.yaml --set training.globalBatch=256 \
        --ranks "$ranks" --per-node "$slots" --images-per-second $((1800 / ranks)) \
        --link-gbit "$(awk "BEGIN { print $megabits * 0.895 / 1000 }")" \
        --latency-us "$(awk "BEGIN { print 8 * 294e3 / $megabits }")" --json)
    awk -v name="$hosts x $slots" -v rate="$megabits" -v sent="$(field sent_bytes_leaving "$measured")" \
        -v planned="$(field step_seconds "$planned")" \
        -v measured="$(field step_seconds "$measured")" 'BEGIN {
            printf "| %s | %s Mbit/s | %.2f MB | %.3f s | %.3f s | %.2f |\n", name, rate, sent / 1e6,
                planned, measured, planned / measured
        }'
done
