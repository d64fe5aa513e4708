"""Reads event files with TensorBoard's own reader and prints what it sees as JSON.

    python3 read_events.py FOLDER

Ends with 77 if the tensorboard package is missing (pip install tensorboard).
"""

import json
import sys

try:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
except ImportError as error:
    print(error, file=sys.stderr)
    sys.exit(77)

events = EventAccumulator(
    sys.argv[1], size_guidance={"scalars": 0, "histograms": 0, "images": 0, "tensors": 0}
)
events.Reload()
tags = events.Tags()
print(
    json.dumps(
        {
            "scalars": {
                tag: [[event.step, event.value] for event in events.Scalars(tag)]
                for tag in tags["scalars"]
            },
            "histograms": {
                tag: [
                    [event.step, event.histogram_value.num, sum(event.histogram_value.bucket)]
                    for event in events.Histograms(tag)
                ]
                for tag in tags["histograms"]
            },
            "images": {
                tag: [
                    [event.step, event.width, event.height, len(event.encoded_image_string)]
                    for event in events.Images(tag)
                ]
                for tag in tags["images"]
            },
            "texts": {
                tag: [event.tensor_proto.string_val[0].decode() for event in events.Tensors(tag)]
                for tag in tags["tensors"]
            },
        }
    )
)
