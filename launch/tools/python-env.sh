#!/usr/bin/env bash
# Creates the Python environments in which tests read exported files with third-party software.
#
#     launch/tools/python-env.sh             creates .venv-tests and prints its interpreter's path
#     launch/tools/python-env.sh --fpga      creates .venv-fpga with QONNX and hls4ml instead
#
# If LRNET_PYTHON (with --fpga, LRNET_FPGA_PYTHON) is set, the script checks that interpreter instead
# and installs nothing. Without the environments, tests that need them are skipped with a message.
source "$(dirname "${BASH_SOURCE[0]}")/../common.sh"

imports="import numpy, onnx, onnxruntime, safetensors"
folder=$repository_root/.venv-tests
requirements=launch/tools/python-requirements.txt
variable=LRNET_PYTHON
case ${1-} in
-h | --help) show_help && exit 0 ;;
--fpga)
    imports="import numpy, onnx, qonnx, hls4ml"
    folder=$repository_root/.venv-fpga
    requirements=launch/tools/fpga-requirements.txt
    variable=LRNET_FPGA_PYTHON
    ;;
"") ;;
*) fail 64 "unknown option '$1' (see --help)" ;;
esac

interpreter=${!variable-}
if [[ -n $interpreter ]]; then
    "$interpreter" -c "$imports" ||
        fail 66 "$variable: $interpreter lacks packages of $requirements"
    printf '%s\n' "$interpreter"
    exit 0
fi

if ! cmp -s "$requirements" "$folder/requirements"; then
    rm -rf "$folder"
    say "installing the packages of $requirements"
    python3 -m venv "$folder"
    "$folder/bin/pip" install --quiet --disable-pip-version-check -r "$requirements" >&2
    cp "$requirements" "$folder/requirements"
fi
"$folder/bin/python" -c "$imports"
printf '%s\n' "$folder/bin/python"
