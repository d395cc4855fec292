"""`make bench`: each row is something this package does beside what a user would pick instead, in one run.

Prints the table and writes `build/bench.json`: `{row name: {"ours", "peer", "ratio", "unit", "note"}}`. A ratio
above 1 means that ours is better by that factor.
"""

import json
import sys
from functools import partial
from pathlib import Path

from aether_lab.signals.files import write_bytes

sys.path.insert(0, str(Path(__file__).parents[1] / "helpers"))
sys.path.insert(0, str(Path(__file__).parent))

import bank
import browser
import by_ear
import corpus
import files
import fit
import instrument
import training_step
from timing import Skipped

ROWS = {
    "training step, batch 64": training_step.against_eager_pytorch,
    "bank response, 64 x 32 sections": bank.response_against_freqz,
    "bank at rest, 10 s of audio": bank.at_rest_against_sosfilt,
    "bank in motion, 10 s of audio": bank.in_motion_against_sosfilt,
    "knob to pixels": browser.knob_to_pixels,
    "knob to first changed sample": browser.knob_to_sample,
    "C header in motion, 10 s of audio": instrument.c_header_against_render,
    "worklet in motion, 10 s of audio": browser.worklet_against_native,
    "worklet in motion, live": browser.live_against_native,
    "live load with the analyser on": browser.live_with_analyser,
    "corpus of 20,000 files": corpus.building_against_a_loop,
    "fit of 10 peaks, distance": fit.distance_against_autoeq,
    "fit of 10 peaks, many targets": fit.speed_against_autoeq,
    "fit of 10 peaks, single target": fit.single_against_autoeq,
    "device, five-band player": partial(fit.on_the_grid, fit.GRIDS["five-band player"]),
    "device, ten-band graphic": partial(fit.on_the_grid, fit.GRIDS["ten-band graphic"]),
    "device, pedal": partial(fit.on_the_grid, "boss-ge-7"),
    "device, mixing desk": partial(fit.on_the_grid, "behringer-x32"),
    "device, slowest": fit.slowest_device,
    "correction to flat, residual": fit.correction_against_autoeq,
    "correction to flat, single": fit.correction_speed_against_autoeq,
    "filter found by ear": by_ear.by_ear_against_ten_bands,
    "file at 96 kHz, cascade": files.cascades_at_another_rate,
    "file at 96 kHz, decoded bank": files.banks_at_another_rate,
    "file in float32, decoded bank": files.rows_in_float32,
    "file with shelves for REW": files.shelves_of_rew,
}


def main() -> None:
    """Measures the rows whose names contain the word given, or all; ends with status 1 if one failed."""
    word = sys.argv[1] if len(sys.argv) > 1 else ""
    table, failed = {}, False
    for name, row in ROWS.items():
        if word not in name:
            continue
        print(f"measuring {name} ...", end="\r", flush=True)
        try:
            ours, peer, unit, note = row()
        except Skipped as reason:
            print(f"{name:34} NOT MEASURED: {reason}")
            continue
        except Exception as error:  # the other rows are still worth measuring
            print(f"{name:34} FAILED: {type(error).__name__}: {error}")
            failed = True
            continue
        better = ours / peer if unit.endswith(("real time", "per core")) else peer / ours
        table[name] = {"ours": ours, "peer": peer, "ratio": better, "unit": unit, "note": note}
        print(f"{name:34} ours {ours:9.3g}  peer {peer:9.3g} {unit:16} ratio {better:6.2f}  {note}")
    out = Path("build")
    out.mkdir(exist_ok=True)
    print(write_bytes(out / "bench.json", json.dumps(table, indent=1).encode()))
    if failed:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
