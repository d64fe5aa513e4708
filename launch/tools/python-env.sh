#!/usr/bin/env bash
# Creates the Python environment in which tests read exported files with third-party software.
#
#     launch/tools/python-env.sh      creates .venv-tests and prints the path of its interpreter
#
# If LRNET_PYTHON is set, the script checks that interpreter instead and installs nothing. Without
# the environment, tests that need it are skipped with a message.
source "$(dirname "${BASH_SOURCE[0]}")/../common.sh"

case ${1-} in
-h | --help) show_help && exit 0 ;;
"") ;;
*) fail 64 "unknown option '$1' (see --help)" ;;
esac

imports="import numpy, onnx, onnxruntime, safetensors"
if [[ -n ${LRNET_PYTHON-} ]]; then
    "$LRNET_PYTHON" -c "$imports" ||
        fail 66 "LRNET_PYTHON: $LRNET_PYTHON lacks packages of launch/tools/python-requirements.txt"
    printf '%s\n' "$LRNET_PYTHON"
    exit 0
fi

folder=$repository_root/.venv-tests
requirements=launch/tools/python-requirements.txt
if ! cmp -s "$requirements" "$folder/requirements"; then
    rm -rf "$folder"
    say "installing the packages of $requirements"
    python3 -m venv "$folder"
    "$folder/bin/pip" install --quiet --disable-pip-version-check -r "$requirements" >&2
    cp "$requirements" "$folder/requirements"
fi
"$folder/bin/python" -c "$imports"
printf '%s\n' "$folder/bin/python"
