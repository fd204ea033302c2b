"""The same two tones in every format that sounds come in.

Run with numpy, soundfile and imageio-ffmpeg (an ffmpeg with the encoders named below):  python make_sounds.py
Writes sounds/*. What they hold is a closed form, which the test knows.
"""

import pathlib
import subprocess
import tempfile

import imageio_ffmpeg
import numpy as np
import soundfile

FOLDER = pathlib.Path(__file__).parent / "sounds"
RATE_HZ = 16_000
SECONDS = 0.5

# Name, and how it is encoded.
FILES = [
    ("tones.wav", ["-c:a", "pcm_s16le"]),
    ("tones.flac", ["-c:a", "flac"]),
    ("tones.mp3", ["-c:a", "libmp3lame", "-b:a", "96k"]),
    ("tones.ogg", ["-c:a", "libvorbis", "-q:a", "6"]),
    ("tones.m4a", ["-c:a", "aac", "-b:a", "96k"]),
    ("tones_alac.m4a", ["-c:a", "alac"]),
    ("tones.aac", ["-c:a", "aac", "-b:a", "96k", "-f", "adts"]),
    ("tones.aiff", ["-c:a", "pcm_s16be"]),
    ("tones.caf", ["-c:a", "pcm_s16be"]),
    ("tones.opus", ["-c:a", "libopus", "-b:a", "32k"]),
]


def main():
    FOLDER.mkdir(exist_ok=True)
    seconds = (np.arange(int(RATE_HZ * SECONDS)) + 0.5) / RATE_HZ
    tones = 0.5 * np.cos(2 * np.pi * 440 * seconds) + 0.25 * np.cos(2 * np.pi * 1_760 * seconds)
    with tempfile.TemporaryDirectory() as folder:
        source = f"{folder}/tones.wav"
        soundfile.write(source, tones, RATE_HZ, subtype="FLOAT")
        for name, how in FILES:
            command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", "-i", source, *how]
            subprocess.run([*command, "-bitexact", "-map_metadata", "-1", str(FOLDER / name)], check=True)


main()
