#!/usr/bin/env bash
# Runs a command on several hosts that are not there: network namespaces of this machine, each with a
# name, an address and a link of its own. For tests, and to see what a slow network does.
#
#     launch/virtual-hosts.sh N [OPTION...] -- COMMAND...
#
#     launch/virtual-hosts.sh 2 --rate 1gbit -- \
#         mpirun -n 2 --map-by node --bind-to none lrnet-dist bench step
#     launch/virtual-hosts.sh 4 -- launch/run.sh -n 4 --hostfile '{hosts}' -- train RECIPE ...
#
# Options:
#
#     --rate RATE        what a link carries in each direction, as tc takes it; 1gbit, 100mbit
#     --slots K          ranks that a host takes, in the host file; 1
#     --name NAME        what the namespaces' names begin with; lrnet-PID
#     --seconds S        the command is ended after so many seconds; 600
#
# COMMAND runs on the first host, node1, in this folder. Its environment makes mpirun start ranks on
# node1 ... nodeN, without ssh, and talk over their links only; `{hosts}` in an argument stands for the
# path of the host file. The files and the cores are this machine's. LRNET_HOST_CHECK tells
# launch/run.sh which hosts answer. Cut a host off, and join it again, from outside:
#
#     ip -n NAME-switch link set node2 down
#
# Needs root, iproute2 and util-linux. What was made goes away with the script: the namespaces, and
# every process in them. The machine's own network is not touched: the switch that joins the hosts
# lies in a namespace, too. Ends with the command's exit code, with 124 if it took too long.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

hosts=
rate=
slots=1
name=lrnet-$$
seconds=600
case ${1-} in -h | --help) show_help && exit 0 ;; esac
hosts=${1-}
[[ $# -gt 0 ]] && shift
while (($# > 0)); do
    case $1 in
    --)
        shift
        break
        ;;
    --rate | --slots | --name | --seconds)
        require_value "$@"
        case $1 in
        --rate) rate=$2 ;;
        --slots) slots=$2 ;;
        --name) name=$2 ;;
        --seconds) seconds=$2 ;;
        esac
        shift 2
        ;;
    *) fail 64 "'$1' is no option; the command follows -- (see --help)" ;;
    esac
done
(($# >= 1)) || fail 64 "usage: virtual-hosts.sh N [OPTION...] -- COMMAND... (see --help)"
for count in "$hosts" "$slots" "$seconds"; do
    [[ $count =~ ^[1-9][0-9]{0,4}$ ]] || fail 64 "'$count' is not a positive number (see --help)"
done
((hosts <= 100)) || fail 64 "$hosts hosts are more than 100"
[[ $name =~ ^[A-Za-z0-9-]+$ ]] || fail 64 "--name '$name': letters, digits and dashes only"
[[ $(id -u) -eq 0 ]] || fail 66 "namespaces need root"
for tool in ip tc unshare; do
    command -v "$tool" >/dev/null || fail 66 "$tool is missing: run launch/setup.sh"
done

scratch=$(mktemp -d)
made=()

# Ends what still runs in the namespaces, and removes them; links go with them.
clean_up() {
    local namespace pid
    trap '' TERM INT HUP
    for namespace in ${made[@]+"${made[@]}"}; do
        for pid in $(ip netns pids "$namespace" 2>/dev/null); do
            kill -KILL "$pid" 2>/dev/null || true
        done
        ip netns delete "$namespace" 2>/dev/null || true
    done
    rm -rf "$scratch"
}
trap clean_up EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

make_namespace() {
    [[ ! -e /run/netns/$1 ]] || fail 74 "a namespace $1 exists; choose another --name"
    made+=("$1")
    ip netns add "$1" || fail 74 "no namespace $1: this kernel or container allows none"
    ip -n "$1" link set lo up
}

# Each direction of a link is limited where it is entered. The burst is more than one packet of 64 KiB,
# as the kernel hands them on; it must be sent in one tick of the clock at high rates.
limit() {
    [[ -n $rate ]] || return 0
    tc -n "$1" qdisc add dev "$2" root tbf rate "$rate" burst 256kb latency 20ms ||
        fail 64 "--rate '$rate': tc refuses it"
}

make_namespace "$name-switch"
ip -n "$name-switch" link add switch type bridge
ip -n "$name-switch" link set switch up
for ((host = 1; host <= hosts; host++)); do
    make_namespace "$name-node$host"
    ip link add "node$host" netns "$name-switch" type veth peer name eth0 netns "$name-node$host"
    ip -n "$name-switch" link set "node$host" master switch
    ip -n "$name-switch" link set "node$host" up
    ip -n "$name-node$host" address add "10.77.0.$host/24" dev eth0
    ip -n "$name-node$host" link set eth0 up
    limit "$name-switch" "node$host"
    limit "$name-node$host" eth0
    printf 'node%d slots=%d\n' "$host" "$slots" >>"$scratch/hosts"
    printf '10.77.0.%d node%d\n' "$host" "$host" >>"$scratch/names"
done
printf '127.0.0.1 localhost\n' >>"$scratch/names"

# What mpirun calls in place of ssh: HOST COMMAND. A host has its own name, so that Open MPI takes the
# hosts for different ones and keeps shared memory out between them, and knows the others' names.
cat >"$scratch/enter" <<END
#!/usr/bin/env bash
host=\$1
shift
exec ip netns exec "$name-\$host" unshare --uts --mount --propagation private bash -c '
    hostname "\$0" && mount --bind "$scratch/names" /etc/hosts && exec bash -c "\$*"' "\$host" "\$@"
END
# A host that answers refuses to connect to a port that nobody listens on; others say nothing.
cat >"$scratch/check" <<END
#!/usr/bin/env bash
[[ \$1 == "\$(hostname)" ]] && exit 0
LC_ALL=C timeout 2 bash -c "exec 3<>/dev/tcp/\$1/9" 2>&1 | grep -q "Connection refused"
END
chmod +x "$scratch/enter" "$scratch/check"

export OMPI_MCA_plm_rsh_agent=$scratch/enter
export OMPI_MCA_orte_default_hostfile=$scratch/hosts
export OMPI_MCA_btl_tcp_if_include=10.77.0.0/24
export OMPI_MCA_oob_tcp_if_include=10.77.0.0/24
export LRNET_HOST_CHECK=$scratch/check
export TMPDIR=$scratch

command=()
for argument in "$@"; do command+=("$(printf '%q' "${argument//\{hosts\}/$scratch/hosts}")"); done
cd "${caller_folder:?}"
# In the background, so that a signal to this script reaches the command at once.
"$scratch/enter" node1 "exec ${command[*]}" &
child=$!
for signal in TERM INT HUP USR1 USR2; do
    # shellcheck disable=SC2064  # both are known now
    trap "kill -$signal $child 2>/dev/null || true" "$signal"
done
# In a process group of its own, to be ended with its sleep.
set -m
(
    trap - EXIT TERM INT HUP USR1 USR2
    sleep "$seconds"
    : >"$scratch/late"
    end_process "$child" 10
) 2>/dev/null &
guard=$!
set +m
status=0
while true; do
    status=0
    wait "$child" || status=$?
    kill -0 "$child" 2>/dev/null || break
done
kill -TERM -- "-$guard" 2>/dev/null || true
wait "$guard" 2>/dev/null || true
if [[ -e $scratch/late ]]; then
    say "virtual-hosts.sh: ended after $seconds s"
    status=124
fi
exit "$status"
