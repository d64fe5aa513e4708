#!/usr/bin/env bash
# Makes the Python environment in which tests read exported files with other people's software.
#
#     launch/tools/python-env.sh      makes .venv-tests, and prints the path of its interpreter
#
# With LRNET_PYTHON set, that interpreter is meant, and nothing is installed. Tests that need the
# environment say so and are skipped where it is missing.
source "$(dirname "${BASH_SOURCE[0]}")/../common.sh"

case ${1-} in
-h | --help) show_help && exit 0 ;;
"") ;;
*) fail 64 "'$1' is no option (see --help)" ;;
esac

packages="import numpy, onnx, onnxruntime, safetensors"
if [[ -n ${LRNET_PYTHON-} ]]; then
    "$LRNET_PYTHON" -c "$packages" || fail 66 "$LRNET_PYTHON lacks packages that tests need"
    printf '%s\n' "$LRNET_PYTHON"
    exit 0
fi

folder=$repository_root/.venv-tests
requirements=launch/tools/python-requirements.txt
if ! cmp -s "$requirements" "$folder/requirements"; then
    rm -rf "$folder"
    say "installing what $requirements lists"
    python3 -m venv "$folder"
    "$folder/bin/pip" install --quiet --disable-pip-version-check -r "$requirements" >&2
    cp "$requirements" "$folder/requirements"
fi
"$folder/bin/python" -c "$packages"
printf '%s\n' "$folder/bin/python"
