"""Executes notebooks and stores them with their outputs: `python tests/store_notebooks.py notebooks/*.ipynb`.

Each runs in a kernel of its own, in its own folder, with `AETHER_LAB_PICTURES=static`, so that its figures are stored
as pictures which any reader sees. A notebook that raises, or grows too large, is left as it was.
"""

import base64
import io
import os
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from PIL import Image

from aether_lab.signals.files import write_bytes

LIMIT = 1_500_000
"""Bytes; code-hosting pages render larger notebooks slowly or not at all."""


def store(path: Path) -> int:
    """Executes one notebook in place; returns its size in bytes."""
    notebook = nbformat.read(path, as_version=4)
    notebook.metadata.pop("widgets", None)  # nbclient would keep the old ones beside the new
    client = NotebookClient(
        notebook,
        kernel_name="python3",
        resources={"metadata": {"path": str(path.parent)}},
        timeout=600,
        record_timing=False,
        store_widget_state=True,
    )
    client.execute(env={**os.environ, "AETHER_LAB_PICTURES": "static", "JAX_PLATFORMS": "cpu"})
    kept = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    kept["language_info"] = {"name": "python"}  # the version of who stored it last says nothing
    if "widgets" in notebook.metadata:
        kept["widgets"] = notebook.metadata["widgets"]
    notebook.metadata = nbformat.from_dict(kept)
    for count, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{count:02d}"
        for output in cell.get("outputs", ()):
            if "image/png" in output.get("data", {}):
                output["data"]["image/png"] = _small(output["data"]["image/png"])
    nbformat.validate(notebook)
    text = nbformat.writes(notebook)
    for count, model in enumerate(client.widget_state):  # random names, which would differ each time
        text = text.replace(model, f"{count:032x}")
    text = nbformat.writes(nbformat.reads(text, as_version=4))  # in the order of the new names
    data = (text.rstrip("\n") + "\n").encode()
    if len(data) > LIMIT:
        raise ValueError(f"{path} would have {len(data):,} bytes; allowed are {LIMIT:,}")
    write_bytes(path, data)
    return len(data)


def _small(png: str) -> str:
    """The same picture in 256 colours, a fifth of the size."""
    picture = Image.open(io.BytesIO(base64.b64decode(png))).convert("RGBA")
    few = picture.quantize(256, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    buffer = io.BytesIO()
    few.save(buffer, "png", optimize=True)
    return base64.b64encode(buffer.getvalue()).decode()


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        print(f"{argument}: {store(Path(argument)) / 1000:,.0f} kB", flush=True)
