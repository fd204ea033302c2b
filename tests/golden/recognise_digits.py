"""Are spoken digits understood after a field has said them?

    python recognise_digits.py HYPERSCOPE FSDD SPEAKER [CLIPS]

A small convolutional network learns to tell the ten digits of the Free Spoken Digit Dataset from their log-mel
spectra: from all recordings but the first CLIPS (10) of each digit by SPEAKER. Those are then written as fields by the
program HYPERSCOPE, refined, evaluated at 8 kHz, and listened to by that network: as they were recorded, as the fields
were written, and after 10 and 100 refine steps. Needs numpy, torch and soundfile. The recogniser never hears a field
while it learns.
"""

import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import soundfile
import torch
from torch import nn

RATE_HZ = 8_000
FRAME, HOP, MELS, FRAMES = 256, 80, 40, 100


def mel_filters():
    def mel(hz):
        return 2595 * np.log10(1 + hz / 700)

    edges = 700 * (10 ** (np.linspace(mel(60), mel(RATE_HZ / 2), MELS + 2) / 2595) - 1)
    bins = np.arange(FRAME // 2 + 1) * RATE_HZ / FRAME
    rise = (bins - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    fall = (edges[2:, None] - bins) / (edges[2:] - edges[1:-1])[:, None]
    return torch.tensor(np.maximum(0, np.minimum(rise, fall)), dtype=torch.float32)


FILTERS = mel_filters()


def features(samples):
    """[MELS, FRAMES], each clip's own mean and spread taken out, so that loudness says nothing."""
    wave = torch.tensor(samples, dtype=torch.float32)
    spectrum = torch.stft(wave, FRAME, HOP, window=torch.hann_window(FRAME), return_complex=True).abs() ** 2
    levels = (FILTERS @ spectrum).clamp_min(1e-8).log()
    levels = (levels - levels.mean()) / levels.std().clamp_min(1e-3)
    levels = levels[:, :FRAMES]
    return nn.functional.pad(levels, (0, FRAMES - levels.shape[1]), value=float(levels.min()))


def read(path):
    samples, rate_hz = soundfile.read(path, dtype="float32")
    assert rate_hz == RATE_HZ, (path, rate_hz)
    return features(samples if samples.ndim == 1 else samples.mean(axis=1))


def network():
    def block(d_in, d_out):
        return [nn.Conv2d(d_in, d_out, 3, padding=1), nn.BatchNorm2d(d_out), nn.ReLU(), nn.MaxPool2d(2)]

    return nn.Sequential(*block(1, 16), *block(16, 32), *block(32, 64), nn.AdaptiveAvgPool2d((2, 3)), nn.Flatten(),
                         nn.Dropout(0.3), nn.Linear(64 * 6, 10))


def learn(inputs, digits, epochs=20):
    torch.manual_seed(0)
    model = network()
    optimizer = torch.optim.AdamW(model.parameters(), 2e-3, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, epochs * (len(inputs) // 64 + 1))
    for _ in range(epochs):
        for chosen in torch.randperm(len(inputs)).split(64):
            # Later or earlier, so that its place in time says nothing.
            batch = torch.roll(inputs[chosen], int(torch.randint(-8, 9, ())), dims=-1)
            loss = nn.functional.cross_entropy(model(batch[:, None]), digits[chosen])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    return model.eval()


def spoken_by_fields(program, path, folder):
    """The recording as it is, as written, and after 10 and 100 steps: features of each."""
    field, refined, wav = (f"{folder}/{name}" for name in ("f.safetensors", "r.safetensors", "f.wav"))

    def run(*words):
        subprocess.run([program, *map(str, words)], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def heard(which):
        run("synth", which, "--rate", RATE_HZ, "-o", wav)
        return read(wav)

    run("encode", path, "-o", field)
    heard_all = [read(path), heard(field)]
    for steps in (10, 100):
        run("refine", field, path, "--steps", steps, "-o", refined)
        heard_all.append(heard(refined))
    return heard_all


def main():
    program, folder, speaker = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3]
    clips = int(sys.argv[4]) if len(sys.argv) > 4 else 10
    files = sorted(folder.rglob("*.wav"))
    named = [(path, *path.stem.split("_")) for path in files]
    asked = [(path, int(digit)) for path, digit, who, index in named if who == speaker and int(index) < clips]
    known = [(path, int(digit)) for path, digit, who, index in named if not (who == speaker and int(index) < clips)]
    model = learn(torch.stack([read(path) for path, _ in known]), torch.tensor([digit for _, digit in known]))
    with tempfile.TemporaryDirectory() as scratch:
        heard = [spoken_by_fields(program, path, scratch) for path, _ in asked]
    expected = torch.tensor([digit for _, digit in asked])
    print(f"{len(asked)} clips of {speaker}; the recogniser learned from {len(known)} others")
    for index, name in enumerate(("as recorded", "as written", "after 10 refine steps", "after 100 refine steps")):
        with torch.no_grad():
            guessed = model(torch.stack([own[index] for own in heard])[:, None]).argmax(1)
        print(f"{name:24} {100 * (guessed == expected).float().mean():.1f} % of the digits are recognised")


main()
