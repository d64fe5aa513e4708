#!/usr/bin/env bash
# All that a change must pass: format, build with warnings as errors, unit tests, launched tests.
#
#     launch/test.sh [OPTION...]        options go to `swift test`, such as --filter LeafTree
#
# Tests run on the release build, which is what users run; those that need several ranks start
# mpirun themselves.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

case ${1-} in -h | --help) show_help && exit 0 ;; esac
start=$SECONDS
stage() { say "== $1 ($((SECONDS - start)) s)"; }

stage "set up"
launch/setup.sh
launch/tools/python-env.sh >/dev/null ||
    say "no Python environment: tests that read exported files with other software are skipped"
stage "format"
swift format lint --strict -r Sources Tests Package.swift
stage "build"
swift build -c release --build-tests
stage "tests"
swift test -c release --skip-build "$@"
stage "all passed"
