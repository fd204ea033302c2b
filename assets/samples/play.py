#!/usr/bin/env python3
"""Compose the bundled sound from formulas and a seed: python3 play.py [FOLDER]. Needs numpy and soundfile.

Plucked strings by the algorithm of Karplus and Strong (Computer Music Journal 7(2), 1983): a loop of noise that is
averaged on every round. The result is in the public domain (CC0).
"""
import pathlib
import sys

import numpy as np
import soundfile

RATE_HZ = 22_050
BEAT_SECS = 0.24
# Half tones from A3, each with the beat that it begins on: a phrase in A minor, and a chord to end on.
NOTES = [
    (0, 0), (3, 1), (7, 2), (12, 3), (10, 4), (7, 5), (8, 6), (5, 7), (3, 8), (7, 9), (12, 10), (15, 11),
    (14, 12), (-2, 12), (5, 13), (12, 14), (-12, 14), (0, 14.25), (3, 14.5), (7, 14.75),
]
DURATION_SECS = 6.0


def pluck(rng, frequency_hz, count):
    """A string: its loop keeps the half tone true by a fractional delay between two samples."""
    period = RATE_HZ / frequency_hz - 0.5
    whole = int(period)
    part = period - whole
    out = np.zeros(count)
    burst = rng.uniform(-1, 1, whole + 1)
    out[: whole + 1] = np.convolve(burst, [0.25, 0.5, 0.25], mode="same")
    for index in range(whole + 1, count):
        recent = (1 - part) * out[index - whole] + part * out[index - whole - 1]
        older = (1 - part) * out[index - whole - 1] + part * out[index - whole - 2] if index > whole + 1 else recent
        out[index] = 0.997 * 0.5 * (recent + older)
    return out


def phrase():
    rng = np.random.default_rng(7)
    out = np.zeros(int(RATE_HZ * DURATION_SECS))
    for half_tones, beat in NOTES:
        begin = int(beat * BEAT_SECS * RATE_HZ)
        string = pluck(rng, 220 * 2 ** (half_tones / 12), len(out) - begin)
        out[begin:] += string
    fade = np.minimum(1, (len(out) - np.arange(len(out))) / (0.4 * RATE_HZ))
    out *= fade
    return 0.7 * out / np.abs(out).max()


if __name__ == "__main__":
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent)
    soundfile.write(folder / "strings.flac", phrase(), RATE_HZ, subtype="PCM_16")
