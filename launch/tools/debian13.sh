#!/usr/bin/env bash
# Runs a command in Debian 13, which has Open MPI 5, MPICH 4.2 and Slurm 24.11, on an older Debian.
#
#     launch/tools/debian13.sh FOLDER [--mount DIR]... [-- COMMAND...]
#
#     launch/tools/debian13.sh /srv/debian13 -- mpirun -n 2 .build/release/lrnet-dist doctor
#     launch/tools/debian13.sh /srv/debian13 -- launch/tools/slurm-host.sh -- sinfo
#
# FOLDER receives the system: 750 MB, in one to three minutes with debootstrap. If it exists, it is
# used as it is. Without a COMMAND, the script only creates FOLDER.
#
# COMMAND runs as root in the current folder, which must be visible: this repository (and the folder in
# LRNET_PROGRAMS) and /tmp are there under the same paths, and so is each DIR. Programs built here run
# without a new build: shared libraries that Debian 13 lacks, such as Swift's, are copied from this
# machine. OpenBLAS is copied, too, so that results are the same bits.
#
# Network and devices are this machine's; processes, mounts, /run and /dev/shm are not. When COMMAND
# ends, or the script does, even by SIGKILL, all processes of COMMAND are killed and nothing stays
# mounted.
#
# Environment:
#
#     DEBIAN_MIRROR      source of packages (default http://deb.debian.org/debian)
#
# Requires root, debootstrap and util-linux. The exit code is that of COMMAND.
source "$(dirname "${BASH_SOURCE[0]}")/../common.sh"

packages=openmpi-bin,mpich,slurm-wlm,procps,iproute2
programs=${LRNET_PROGRAMS:-$repository_root/.build/release}

case ${1-} in
-h | --help) show_help && exit 0 ;;
"" | -*) fail 64 "usage: debian13.sh FOLDER [--mount DIR]... [-- COMMAND...] (see --help)" ;;
esac
cd "$caller_folder"
system=$(realpath -m "$1")
shift
visible=("$repository_root" /tmp)
[[ ! -d $programs ]] || visible+=("$(realpath "$programs")")
while (($# > 0)); do
    case $1 in
    --)
        shift
        break
        ;;
    --mount)
        require_value "$@"
        [[ -d $2 ]] || fail 66 "--mount $2: no such folder"
        visible+=("$(realpath "$2")")
        shift 2
        ;;
    *) fail 64 "unknown option '$1'; the command follows -- (see --help)" ;;
    esac
done
[[ $(id -u) -eq 0 ]] || fail 66 "another root folder requires root"
for tool in debootstrap unshare setpriv; do
    command -v "$tool" >/dev/null ||
        fail 66 "$tool is not on the PATH; install debootstrap and util-linux"
done

make_system() {
    say "installing Debian 13 in $system"
    rm -rf "$system.partial"
    # A private mount namespace: debootstrap mounts /proc in the new system.
    unshare --mount --propagation private debootstrap --variant=minbase --include="$packages" \
        trixie "$system.partial" "${DEBIAN_MIRROR:-http://deb.debian.org/debian}" >&2 ||
        fail 74 "debootstrap failed; see $system.partial/debootstrap/debootstrap.log"
    mv "$system.partial" "$system"
}

# Copies the libraries of the programs that Debian 13 does not have. OpenBLAS is loaded later, so ldd
# does not list it.
copy_libraries() {
    local target=$system/opt/lrnet-libraries name path blas
    mkdir -p "$target"
    echo /opt/lrnet-libraries >"$system/etc/ld.so.conf.d/lrnet.conf"
    blas=$(ldconfig -p | awk '$1 == "libopenblas.so.0" && !n++ { print $NF }')
    chroot "$system" /usr/sbin/ldconfig -p | awk '$NF !~ /^\/opt/ { print $1 }' >"$target/present"
    for path in "$programs"/lrnet-{dist,data,mpi-checks} "$blas"; do
        [[ ! -f $path ]] || ldd "$path"
    done | awk -v blas="$blas" '
        $2 == "=>" && $3 ~ /^\// { print $1, $3 }
        END { if (blas) print "libopenblas.so.0", blas }' | sort -u |
        while read -r name path; do
            grep -qxF "$name" "$target/present" || cmp -s "$path" "$target/$name" ||
                cp -L "$path" "$target/$name"
        done
    chroot "$system" /usr/sbin/ldconfig
}

[[ -d $system ]] || make_system
(($# >= 1)) || exit 0
copy_libraries

# Runs COMMAND in the new namespaces. It is not their first process, which would not get signals that
# other processes in them send.
inside() {
    local system=$1 folder=$2 count=$3 path
    shift 3
    # `ip netns exec` requires that / is a mount.
    mount --bind "$system" "$system"
    mount --rbind /dev "$system/dev"
    mount -t tmpfs -o mode=1777 tmpfs "$system/dev/shm"
    mount --rbind /sys "$system/sys"
    mount -t proc proc "$system/proc"
    mount -t tmpfs -o mode=755 tmpfs "$system/run"
    touch "$system/etc/hosts"
    mount --bind /etc/hosts "$system/etc/hosts"
    for path in "${@:1:count}"; do
        mkdir -p "$system$path"
        mount --rbind "$path" "$system$path"
    done
    shift "$count"
    local status=0
    chroot "$system" env --default-signal=INT,QUIT LC_ALL=C.UTF-8 \
        PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        bash -c 'cd "$1" && shift && exec "$@"' debian13.sh "$folder" "$@" || status=$?
    exit "$status"
}

export -f inside
# unshare's parent dies with this script, and everything inside with unshare.
setpriv --pdeathsig KILL unshare --mount --propagation private --pid --fork --kill-child \
    bash -euc 'inside "$@"' inside "$system" "$caller_folder" "${#visible[@]}" "${visible[@]}" \
    "$@" <&0 &
child=$!
stop() {
    kill -KILL "$child" 2>/dev/null || true
    exit "$1"
}
trap 'stop 129' HUP
trap 'stop 130' INT
trap 'stop 143' TERM
status=0
wait "$child" || status=$?
exit "$status"
