#!/usr/bin/env bash
# Times a finished network on single images beside onnxruntime, in alternating runs.
#
#     launch/tools/deploy-bench.sh RUN --data DIR [ROUNDS]      ROUNDS: by default 5
#
# Both use one thread. Prints, in Markdown, the table of Deploying.md (in LRNetDeployment.docc).
# Run it on an otherwise idle machine.
source "$(dirname "${BASH_SOURCE[0]}")/../common.sh"

case ${1-} in -h | --help) show_help && exit 0 ;; esac
[[ $# -ge 3 && $2 == --data ]] || fail 64 "give RUN --data DIR (see --help)"
run=$1
data=$3
[[ $run == /* ]] || run=$caller_folder/$run
[[ $data == /* ]] || data=$caller_folder/$data
rounds=${4:-5}
is_positive "$rounds" || fail 64 "'$rounds' is not a number of rounds (see --help)"
trainer=$(program lrnet-dist)
python=$(launch/tools/python-env.sh)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

"$trainer" export "$run" --format packed --data "$data" --verify 10 \
    --output "$folder/net.lrnet.safetensors" >&2
for format in float fixed; do
    "$trainer" export "$run" --format "$format-onnx" --data "$data" --verify 10 \
        --output "$folder/$format.onnx" >&2
done

for ((round = 0; round < rounds; round++)); do
    say "round $((round + 1)) of $rounds"
    "$trainer" bench deploy "$folder/net.lrnet.safetensors" --json >>"$folder/ours"
    "$python" - "$folder" >>"$folder/theirs" <<'PYTHON'
import json, sys, time
import numpy, onnxruntime

times = {"version": onnxruntime.__version__}
for name in ("float", "fixed"):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        f"{sys.argv[1]}/{name}.onnx", options, providers=["CPUExecutionProvider"])
    image = session.get_inputs()[0]
    shape = [1] + image.shape[1:]
    values = numpy.random.default_rng(1).integers(0, 256, shape).astype(numpy.uint8)
    if image.type == "tensor(float)":
        values = (values / 255).astype(numpy.float32)
    outputs = [session.get_outputs()[0].name]
    calls = []
    for _ in range(7):
        count, start = 0, time.perf_counter()
        while time.perf_counter() - start < 0.05:
            session.run(outputs, {image.name: values})
            count += 1
        calls.append((time.perf_counter() - start) / count)
    times[name] = sorted(calls)[3]
print(json.dumps(times))
PYTHON
done

"$python" - "$folder" <<'PYTHON'
import json, statistics, sys

ours = [json.loads(line) for line in open(f"{sys.argv[1]}/ours")]
theirs = [json.loads(line) for line in open(f"{sys.argv[1]}/theirs")]
def own(name):
    return statistics.median(
        next(row["seconds"] for row in round["rows"] if row["name"].startswith(name))
        for round in ours)
rows = [
    ("onnxruntime, float-onnx", statistics.median(round["float"] for round in theirs)),
    ("onnxruntime, fixed-onnx", statistics.median(round["fixed"] for round in theirs)),
    ("lrnet-dist, packed", own("packed:")),
    ("lrnet-dist, fixed", own("fixed:")),
]
print(f"{ours[0]['processor']['model']}, onnxruntime {theirs[0]['version']}, one thread, "
      f"medians of {len(ours)} alternating rounds\n")
print("| program and file | us per image | speed |")
print("| --- | ---: | ---: |")
for name, seconds in rows:
    print(f"| {name} | {1e6 * seconds:.1f} | {rows[0][1] / seconds:.2f} |")
PYTHON
