import json

import pytest

from aether_lab.__main__ import main


@pytest.mark.long
@pytest.mark.slow(seconds=30)
@pytest.mark.usefixtures("float32")
def test_the_command_shows_what_the_weight_of_the_kl_term_does(tmp_path, capsys):
    """Reconstruction against prior: without the term random draws lie far from any response; with a large one z is
    the same for all."""
    out = tmp_path / "beta.json"
    assert main(["beta", "--betas", "0", "0.2", "5", "--epochs", "3", "--json", str(out)]) == 0
    none, some, large = json.loads(out.read_text())
    assert none["error_db"] < large["error_db"] and some["error_db"] < large["error_db"]
    assert large["deviation"] < 0.1 and large["noise"] > 0.9
    assert none["noise"] < some["noise"] < large["noise"]
    assert some["draw_db"] < none["draw_db"]
    printed = capsys.readouterr().out.splitlines()
    assert printed[0].startswith("  beta  error dB") and len(printed) == 4
    assert printed[2].split()[:2] == ["0.2", f"{some['error_db']:.2f}"]
