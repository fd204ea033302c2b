"""Write events.tfevents: what TensorBoard's own writer makes of two steps and an evaluation of a run.

Needs the Python package tensorboard. The times are fixed, so that the same bytes come out again.
"""
import pathlib

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.record_writer import RecordWriter

BEGUN = 1_700_000_000.0
STEPS = [(1, 0.5, 0.25, 1e-3, 3.0), (300, 2.25, 0.0625, 2e-3, 0.5)]
HELD_OUT = [(300, 2.5, 24.5, 0.75)]


def scalar(seconds, step, tag, value):
    summary = Summary(value=[Summary.Value(tag=tag, simple_value=value)])
    return Event(wall_time=BEGUN + seconds, step=step, summary=summary)


events = [Event(wall_time=BEGUN, file_version="brain.Event:2")]
for step, seconds, loss, rate, norm in STEPS:
    for tag, value in [("loss", loss), ("learning_rate", rate), ("gradient_norm", norm)]:
        events.append(scalar(seconds, step, tag, value))
for step, seconds, psnr, ssim in HELD_OUT:
    for tag, value in [("held_out/psnr_db", psnr), ("held_out/ssim", ssim)]:
        events.append(scalar(seconds, step, tag, value))

with open(pathlib.Path(__file__).parent / "events.tfevents", "wb") as out:
    writer = RecordWriter(out)
    for event in events:
        writer.write(event.SerializeToString())
    writer.flush()
