#!/usr/bin/env bash
# Builds C exports for microcontrollers and runs them in an emulator.
#
#     launch/tools/devices.sh --install      installs compilers and emulators (Debian, Ubuntu)
#     launch/tools/devices.sh FOLDER...      tests the folders of `lrnet-dist export --format c`
#
# The devices are Cortex-M4 and Cortex-M0+ (qemu's boards mps2-an386 and mps2-an385; the latter is a
# Cortex-M3, which runs the Cortex-M0+'s instructions) and RISC-V rv32i, which cannot multiply. For
# each one, the script
#
# 1. runs test.c, which compares features and scores on the images of vectors.h;
# 2. checks that the functions of discrete layers contain no instruction and no library call that
#    multiplies, divides or computes in floating point at -O2, -O3 and -Os, and that this check finds
#    a multiplication that is planted in a copy;
# 3. prints the instructions per image, counted by qemu's virtual clock (-icount shift=0: 1 ns per
#    instruction), and from the linker's map the flash and memory of net.c with the library
#    functions that it calls, without the test, the start-up code and the stack.
#
# It also runs test.c on s390x, a big-endian processor.
source "$(dirname "${BASH_SOURCE[0]}")/../common.sh"

packages=(gcc-arm-none-eabi libnewlib-arm-none-eabi qemu-system-arm gcc-riscv64-unknown-elf
    picolibc-riscv64-unknown-elf qemu-system-misc gcc-s390x-linux-gnu libc6-dev-s390x-cross
    qemu-user)

install() {
    local -a privileged=()
    [[ $(id -u) -eq 0 ]] || privileged=(sudo)
    dpkg -s "${packages[@]}" >/dev/null 2>&1 && return
    command -v apt-get >/dev/null || fail 66 "apt-get is missing; install ${packages[*]}"
    say "installing ${packages[*]}"
    ${privileged[@]+"${privileged[@]}"} apt-get update -qq >&2
    ${privileged[@]+"${privileged[@]}"} env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
        --no-install-recommends "${packages[@]}" >&2
}

case ${1-} in
-h | --help) show_help && exit 0 ;;
--install)
    # Not in a list with &&, in which errors would not end the script.
    install
    exit
    ;;
"") fail 64 "name the folders of C exports (see --help)" ;;
-*) fail 64 "unknown option '$1' (see --help)" ;;
esac

board=$repository_root/Tests/LRNetDeploymentTests/Devices
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Sets compiler, flags, start-up code and emulator of a device.
choose() {
    case $1 in
    cortex-m4) machine=mps2-an386 ;;
    cortex-m0plus) machine=mps2-an385 ;;
    esac
    case $1 in
    cortex-*)
        prefix=arm-none-eabi-
        flags=("-mcpu=$1" -mthumb)
        family=arm
        link=()
        emulator=(qemu-system-arm -M "$machine")
        ;;
    rv32i)
        prefix=riscv64-unknown-elf-
        flags=(-march=rv32i -mabi=ilp32 --specs=picolibc.specs)
        family=riscv
        link=(-Wl,--no-warn-rwx-segments)
        emulator=(qemu-system-riscv32 -M virt -bios none)
        ;;
    esac
    command -v "${prefix}gcc" >/dev/null && command -v "${emulator[0]}" >/dev/null ||
        fail 66 "${prefix}gcc or ${emulator[0]} is missing; run launch/tools/devices.sh --install"
    compile=("${prefix}gcc" -std=c99 -O2 "${flags[@]}" -ffunction-sections -fdata-sections)
}

# Prints the instructions of discrete layers that multiply, divide or use floating point.
#
# The last layer (net_run), real weights (multiply) and standardization are exempt. They are not
# inlined for this check.
forbidden() {
    local source=$1 object=$work/check.o level
    local -a levels=(-O2 -O3 -Os)
    local -a inline=()
    ! grep -qE '^static [a-z0-9_]+ (multiply|standardize)\(' "$source" || inline=(-fno-inline)
    for level in "${levels[@]}"; do
        # In a command substitution, an error would not end the function.
        "${compile[@]}" "$level" ${inline[@]+"${inline[@]}"} -I"$folder" -c "$source" \
            -o "$object" || exit 70
        "${prefix}objdump" -dr "$object" | awk -v level="$level" '
            /^[0-9a-f]+ <[^.].*>:$/ {
                name = substr($2, 2, length($2) - 3)
                exempt = name ~ /(^(multiply|standardize|root)|_run)(\.|$)/
                seen += !exempt
            }
            exempt { next }
            # A relocation: a call of a library function, except those that copy and fill memory.
            /R_(ARM|RISCV)_[A-Z0-9_]*(CALL|JUMP|JAL|BRANCH)/ && $3 ~ /^__/ {
                if ($3 !~ /^__aeabi_mem(cpy|set|clr)/) print level ": " name ": calls " $3
            }
            /^ *[0-9a-f]+:\t/ {
                split($0, part, "\t")
                code = part[3]
                if (code ~ /^(mul|mla|mls|umul|smul|umla|smla|umaal|smml|smua|smus|sdiv|udiv|div|rem|v[a-z0-9.]+$|f[a-z0-9]+\.[sd])/)
                    print level ": " name ": " code " " part[4]
            }
            END { if (!seen) print "no functions" }'
    done
}

# Prints the bytes of net.c and the libraries in flash, and those of its data in memory.
sizes() {
    awk '
        function number(hex, i, sum) {
            for (i = 3; i <= length(hex); i++)
                sum = 16 * sum + index("0123456789abcdef", substr(hex, i, 1)) - 1
            return sum
        }
        /^Linker script and memory map/ { inside = 1 }
        !inside { next }
        /^ \.?[A-Za-z]/ || /^ COMMON/ {
            section = $1
            if (NF == 1) { getline; size = $2; file = $3 } else { size = $3; file = $4 }
            if (file !~ /net\.o|\.a\(/ || size !~ /^0x/) next
            count = number(size)
            if (section ~ /^\.(text|rodata|srodata|init|eh_frame)/) flash += count
            if (section ~ /^\.s?data/) { flash += count; ram += count }
            if (section ~ /^\.s?bss/ || section == "COMMON") ram += count
        }
        END { printf "%d %d\n", flash, ram }' "$1"
}

# Prints the prefix of an export's names, which is the name of its C file.
name_prefix() {
    local file
    for file in "$1"/*.c; do
        [[ ! -f ${file%.c}.h ]] || basename "$file" .c
    done
}

# Runs the test of a folder on s390x.
run_big_endian() {
    local program=$work/big-endian
    command -v s390x-linux-gnu-gcc >/dev/null && command -v qemu-s390x >/dev/null ||
        fail 66 "s390x-linux-gnu-gcc or qemu-s390x is missing; run launch/tools/devices.sh --install"
    s390x-linux-gnu-gcc -std=c99 -O2 -static -o "$program" "$1/$2.c" "$1/test.c" &&
        timeout 300 qemu-s390x "$program"
}

status=0
for folder; do
    [[ -d $folder ]] || folder=$caller_folder/$folder
    network=$(name_prefix "$folder")
    [[ -n $network ]] || fail 66 "$folder contains no exported C file, such as net.c with net.h"
    output=$(run_big_endian "$folder" "$network" 2>&1) && result=passed ||
        { result=FAILED; status=70; }
    say "$(basename "$folder") on s390x (big-endian): $result ($(tail -1 <<<"$output"))"
    for device in cortex-m4 cortex-m0plus rv32i; do
        choose "$device"
        "${compile[@]}" -c "$folder/$network.c" -o "$work/net.o"
        for source in "$family" device; do
            "${compile[@]}" -I"$folder" -DPREFIX="$network" -DHEADER="\"$network.h\"" \
                -c "$board/$source.c" -o "$work/$source.o"
        done
        "${compile[@]}" -I"$folder" -Dmain=test_main -c "$folder/test.c" -o "$work/test.o"
        "${prefix}gcc" "${flags[@]}" -nostartfiles -T "$board/$family.ld" \
            ${link[@]+"${link[@]}"} -Wl,--gc-sections "-Wl,-Map=$work/map" \
            "$work"/{net,test,device,$family}.o -o "$work/program"
        output=$(timeout 300 "${emulator[@]}" -nographic -monitor none -serial none \
            -semihosting-config enable=on,target=native -icount shift=0 -kernel "$work/program" \
            2>&1) && result=passed || { result=FAILED; status=70; }
        found=$(forbidden "$folder/$network.c")
        sed '/^    to = [0-9]*;$/i\    *(volatile uint8_t *)a = (uint8_t)(image[0] * image[1]);' \
            "$folder/$network.c" >"$work/planted.c"
        planted=$(forbidden "$work/planted.c")
        read -r flash memory < <(sizes "$work/map")
        say "$(basename "$folder") on $device: $result ($(tr '\n' ';' <<<"$output" |
            sed 's/;$//; s/;/; /g')); flash $flash, memory $memory bytes"
        if [[ -n $found ]]; then
            say "FAILED: discrete layers contain"
            say "$found"
            status=70
        fi
        if [[ -z $planted ]]; then
            say "FAILED: the check misses a planted multiplication"
            status=70
        elif [[ -z $found ]]; then
            say "  no multiplication, division or floating point in discrete layers; planted:" \
                "$(head -1 <<<"$planted" | tr '\t' ' ')"
        fi
    done
done
exit $status
