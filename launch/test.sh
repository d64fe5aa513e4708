#!/usr/bin/env bash
# Runs every check that a change must pass: format, build with warnings as errors, and all tests.
#
#     launch/test.sh [--devices] [--slurm] [OPTION...]
#
# --devices also runs exported C on emulated microcontrollers and compiles QONNX files with hls4ml,
# and installs the compilers, emulators and Python packages for it. --slurm also runs jobs under Slurm,
# and ranks under Open MPI 5 and MPICH, in a Debian 13 that it makes in .build-debian13 (750 MB) or in
# the folder LRNET_DEBIAN13; it requires root and debootstrap. Other options are passed to
# `swift test`, for example --filter LeafTree. Tests use the release build, which is what users run.
# Tests that need several ranks start mpirun themselves.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

case ${1-} in -h | --help) show_help && exit 0 ;; esac
devices=false
slurm=false
while true; do
    case ${1-} in
    --devices) devices=true ;;
    --slurm) slurm=true ;;
    *) break ;;
    esac
    shift
done
start=$SECONDS
stage() { say "== $1 ($((SECONDS - start)) s)"; }

stage "set up"
launch/setup.sh
launch/tools/python-env.sh >/dev/null ||
    say "no Python environment; tests that read exported files with other software are skipped"
if $devices; then
    launch/tools/devices.sh --install
    launch/tools/python-env.sh --fpga >/dev/null
    export LRNET_DEVICES=1
fi
if $slurm; then
    export LRNET_DEBIAN13=${LRNET_DEBIAN13:-$repository_root/.build-debian13}
    launch/tools/debian13.sh "$LRNET_DEBIAN13"
fi
stage "format"
swift format lint --strict -r Sources Tests Package.swift
stage "build"
swift build -c release --build-tests
stage "tests"
swift test -c release --skip-build "$@"
stage "all passed"
