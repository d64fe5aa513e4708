#!/usr/bin/env bash
# Makes a package of the programs, scripts and recipes, for machines without a compiler.
#
#     launch/package.sh [--cpu CPU] [--output DIR] [--check]
#
#     --cpu CPU       the oldest CPU for the package, as in clang's -march (default x86-64-v3: any CPU
#                     with AVX2). x86-64-v4 is faster, but needs AVX-512.
#     --output DIR    the folder for the package (default .build-package)
#     --check         also unpack the package into a temporary folder, run `doctor` and train ten steps
#                     there with an empty environment: in one process, and on two ranks if there is an
#                     mpirun
#
# The package is DIR/lrnet-dist-VERSION-CPU.tar.gz and can be unpacked into any folder. It needs only
# the C library (BUILD.txt in the package names the version) and, for more than one rank, the MPI
# library of the machine. The Swift runtime, HDF5 and the image libraries are linked statically, so
# that they cannot be mixed up with libraries that the machine's MPI library needs. OpenBLAS, which is
# loaded at run time, is in the package's lib folder; it takes precedence over LD_LIBRARY_PATH.
#
# The build requires Debian or Ubuntu (launch/setup.sh). It takes about 15 minutes on two cores. Build
# on the oldest distribution that the package is for.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

cpu=
output=.build-package
is_checked=false
while (($# > 0)); do
    case $1 in
    -h | --help) show_help && exit 0 ;;
    --check) is_checked=true && shift ;;
    --cpu | --output)
        require_value "$@"
        case $1 in
        --cpu) cpu=$2 ;;
        --output) output=$2 ;;
        esac
        shift 2
        ;;
    *) fail 64 "unknown option '$1' (see --help)" ;;
    esac
done
machine=$(uname -m)
if [[ -z $cpu ]]; then
    [[ $machine == x86_64 ]] || fail 64 "name the oldest CPU for the package: --cpu (see --help)"
    cpu=x86-64-v3
fi
[[ $cpu != native ]] || fail 64 "--cpu native: a package needs the name of a CPU, such as x86-64-v4"
if is_package; then
    fail 66 "a package is made from the sources, and this folder is a package itself"
fi
for command in swift clang pkg-config dpkg readelf strip; do
    command -v "$command" >/dev/null ||
        fail 66 "$command is missing; install swift 6.2 or later, pkg-config, dpkg and binutils"
done
[[ $cpu =~ ^[a-z0-9._+-]+$ ]] && clang "-march=$cpu" -E -x c /dev/null >/dev/null 2>&1 ||
    fail 64 "--cpu '$cpu' is not a CPU of clang's -march on $machine"

version=$(sed -n 's/.*let number = "\(.*\)"/\1/p' Sources/LRNetSupport/Terminal/ProgramVersion.swift)
name=lrnet-dist-$version-$cpu
scratch=$repository_root/.build-package/$cpu
mkdir -p "$output" "$scratch"
output=$(cd "$output" && pwd)
package=$scratch/package/$name

# --- Programs --------------------------------------------------------------------------------------

# Prints the path of a library for the linker.
library_file() {
    local path
    path=$(clang "-print-file-name=$1")
    [[ -f $path ]] || fail 66 "$1 is missing; install $2"
    printf '%s\n' "$path"
}

# Makes a folder of static libraries under the names that the modules link, and of pkg-config files for
# them. Otherwise the system's folder, with its shared libraries, would be searched first.
link_libraries() {
    local entry module path
    rm -rf "$static"
    mkdir -p "$static"
    hdf5=$(pkg-config --libs-only-L hdf5 | sed 's/^-L//; s/ .*//')/libhdf5.a
    [[ -f $hdf5 ]] || fail 66 "$hdf5 is missing; install libhdf5-dev"
    for entry in libsz.a:libaec-dev libaec.a:libaec-dev libz.a:zlib1g-dev libpng16.a:libpng-dev \
        libturbojpeg.a:libturbojpeg0-dev libstdc++.a:g++; do
        path=$(library_file "${entry%:*}" "${entry#*:}")
        ln -s "$path" "$static/${entry%:*}"
    done
    ln -s libpng16.a "$static/libpng.a"
    # A linker script.
    printf 'GROUP(%s)\n' "$hdf5 $static/libsz.a $static/libaec.a $static/libz.a" >"$static/libhdf5.a"
    for entry in hdf5:hdf5 zlib:z libturbojpeg:turbojpeg libpng:png16; do
        module=${entry%:*}
        printf '%s\n' "Name: $module" "Description: the static library of $module" \
            "Version: $(pkg-config --modversion "$module")" "Cflags: $(pkg-config --cflags "$module")" \
            "Libs: -L$static -l${entry#*:}" >"$static/$module.pc"
    done
}

build() {
    # DT_RPATH, unlike DT_RUNPATH, also applies to the libraries that OpenBLAS needs.
    LRNET_MARCH=$cpu PKG_CONFIG_PATH=$static \
        swift build -c release --static-swift-stdlib --scratch-path "$scratch" --product "$1" \
        -Xlinker "-L$static" -Xlinker --disable-new-dtags -Xlinker -rpath -Xlinker '$ORIGIN/../lib' >&2
}

static=$scratch/static
link_libraries
rm -rf "$scratch/package"
mkdir -p "$package"/{bin,lib,licenses}
for program in lrnet-dist lrnet-data; do
    say "building $program for $cpu"
    build "$program"
    strip --strip-unneeded -o "$package/bin/$program" "$scratch/release/$program"
done

# --- Libraries and licenses --------------------------------------------------------------------------

# Libraries that every system with the GNU C library has.
is_basic() {
    case $1 in
    libc.so.* | libm.so.* | libdl.so.* | libpthread.so.* | librt.so.* | libgcc_s.so.*) return 0 ;;
    ld-linux*) return 0 ;;
    *) return 1 ;;
    esac
}

# Copies the license of the Debian package that a file is from.
add_license() {
    local file owner
    file=$(realpath "$1")
    # Since /lib is /usr/lib, dpkg knows a file under either path.
    owner=$(dpkg -S "$file" 2>/dev/null || dpkg -S "${file#/usr}" 2>/dev/null) ||
        fail 66 "$file is from no Debian package; its license is unknown"
    owner=${owner%%:*}
    licensed+=("$owner $(dpkg-query -W -f '${Version}' "$owner")")
    cp -L "/usr/share/doc/$owner/copyright" "$package/licenses/$owner"
}

# Copies the libraries that a file needs, and those that they need.
bundle_needed() {
    local soname path
    while read -r soname path; do
        if is_basic "$soname"; then continue; fi
        if [[ ! -e $package/lib/$soname ]]; then
            cp -L "$path" "$package/lib/$soname"
            add_license "$path"
        fi
    done < <(ldd "$1" | awk '$2 == "=>" { print $1, $3 }')
}

licensed=()
openblas=$(library_file libopenblas.so.0 libopenblas-dev)
cp -L "$openblas" "$package/lib/libopenblas.so.0"
add_license "$openblas"
for file in "$package"/lib/libopenblas.so.0 "$package"/bin/*; do bundle_needed "$file"; done
for file in "$hdf5" "$static"/lib{aec,z,png16,turbojpeg,stdc++}.a; do add_license "$file"; done
chmod 644 "$package"/lib/*

swift_license=$(dirname "$(dirname "$(readlink -f "$(command -v swiftc)")")")/share/swift/LICENSE.txt
[[ -f $swift_license ]] || fail 66 "$swift_license is missing: the license of the Swift runtime"
cp "$swift_license" "$package/licenses/swift"
for file in "$scratch"/checkouts/*/{LICENSE,NOTICE}*; do
    if [[ -f $file ]]; then
        source_package=$(basename "$(dirname "$file")")
        cp "$file" "$package/licenses/$source_package-$(basename "$file" .txt)"
    fi
done
mapfile -t common_licenses < <(grep -rhoE '/usr/share/common-licenses/[A-Za-z0-9.-]*[A-Za-z0-9]' \
    "$package/licenses" | sort -u)
for file in "${common_licenses[@]}"; do
    if [[ -f $file ]]; then cp -L "$file" "$package/licenses/"; fi
done

# --- Scripts, recipes and documents -----------------------------------------------------------------

cp LICENSE README.md CHANGELOG.md CONTRIBUTING.md "$package"
cp -R datasets "$package"
mkdir -p "$package/launch/tools"
for file in README.md common.sh launchers.sh local.sh hosts.sh run.sh debug.sh quickstart.sh \
    slurm.sbatch kubernetes python recipes tools/virtual-hosts.sh tools/network-bench.sh; do
    cp -R "launch/$file" "$package/launch/$file"
done
# README links to the articles.
for folder in Sources/*/*.docc; do
    mkdir -p "$package/$(dirname "$folder")"
    cp -R "$folder" "$package/$folder"
done
find "$package" -name __pycache__ -prune -exec rm -r {} +

commit=$(git rev-parse --short HEAD 2>/dev/null || echo unknown)
if [[ -n $(git status --porcelain 2>/dev/null) ]]; then commit+=" with changes"; fi
glibc=$(readelf -W --dyn-syms "$package"/{bin,lib}/* | grep -oE 'GLIBC_[0-9.]+' | sort -uV | tail -n 1)
{
    printf 'lrnet-dist %s, commit %s\n' "$version" "$commit"
    printf 'CPU           %s or newer\n' "$cpu"
    printf 'C library     glibc %s or newer\n' "${glibc#GLIBC_}"
    printf 'compiler      %s\n' "$(swift --version 2>/dev/null | head -n 1)"
    printf 'MPI           of the machine; not needed for one process\n'
    printf 'included      %s\n' "$(printf '%s\n' "${licensed[@]}" | sort -u | paste -sd , | sed 's/,/, /g')"
} >"$package/BUILD.txt"

# --- Package -----------------------------------------------------------------------------------------

time=$(git log -1 --format=%ct 2>/dev/null || date +%s)
tarball=$output/$name.tar.gz
tar -C "$scratch/package" --sort=name --owner=0 --group=0 --numeric-owner --mode=u+w,go-w \
    --mtime="@$time" -cf - "$name" | gzip -9n >"$tarball.part"
mv "$tarball.part" "$tarball"
say "$tarball: $(($(wc -c <"$tarball") / 1000000)) MB"
cat "$package/BUILD.txt" >&2

# Prints the hash of a run's parameters.
parameters_hash() { sed -n 's/.*"parametersSHA256" *: *"\([0-9a-f]*\)".*/\1/p' "$1/result.json"; }

if $is_checked; then
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
    tar -xzf "$tarball" -C "$folder"
    cd "$folder/$name"
    # mpirun of Open MPI 5 does not start without HOME.
    bare=(env -i PATH=/usr/bin:/bin "HOME=$folder")
    training=(launch/recipes/digits-full-precision.yaml --data data/digits --set training.steps=10)
    "${bare[@]}" bin/lrnet-data synthesize digits --output data/digits --train 2000 --validation 200 \
        --test 200 >&2
    "${bare[@]}" bin/lrnet-dist doctor >&2
    "${bare[@]}" bin/lrnet-dist train "${training[@]}" --output runs/one >&2
    hash=$(parameters_hash runs/one)
    [[ -n $hash ]] || fail 70 "runs/one/result.json has no hash of the parameters"
    if "${bare[@]}" sh -c 'command -v mpirun' >/dev/null; then
        "${bare[@]}" launch/local.sh 2 "${training[@]}" --output runs/two >&2
        [[ $(parameters_hash runs/two) == "$hash" ]] ||
            fail 70 "one process and two ranks trained different parameters"
        say "checked: one process and two ranks trained the parameters $hash"
    else
        say "checked: one process trained the parameters $hash; there is no mpirun for two ranks"
    fi
fi
printf '%s\n' "$tarball"
