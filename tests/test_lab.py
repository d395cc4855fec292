"""The command `lab`: which settings JupyterLab gets, what it opens, and which notebooks are trusted."""

import json
import os
import re
import shutil
import subprocess
import sys

import nbformat
import pytest
from nbformat.sign import NotebookNotary

from aether_lab.__main__ import main
from aether_lab.commands import lab
from aether_lab.commands.notebooks import shipped


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "data"))
    (folder := tmp_path / "mine").mkdir()
    for path in shipped():
        if path.name in ("00_start.ipynb", "01_data.ipynb"):
            shutil.copy(path, folder)
    return folder


def test_settings_come_before_those_of_the_user(monkeypatch):
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", "/of/the/user")
    assert lab.environment()["JUPYTER_CONFIG_PATH"] == f"{lab.SETTINGS}{os.pathsep}/of/the/user"
    settings = json.loads((lab.SETTINGS / "labconfig" / "default_setting_overrides.json").read_text())
    assert settings["@jupyter-widgets/jupyterlab-manager:plugin"] == {"saveState": True}


def test_notebooks_are_trusted_that_are_as_they_were_shipped(folder):
    changed = folder / "01_data.ipynb"
    changed.write_text(changed.read_text().replace("print", "eval"))
    lab.trust(folder)
    trusted = {path.name: NotebookNotary().check_signature(nbformat.read(path, 4)) for path in folder.glob("*.ipynb")}
    assert trusted == {"00_start.ipynb": True, "01_data.ipynb": False}


@pytest.mark.skipif(os.name != "posix", reason="elsewhere JupyterLab is a child")
def test_it_opens_on_the_first_notebook_with_the_options_of_the_user(folder, monkeypatch):
    started = []
    monkeypatch.setattr(os, "execve", lambda *arguments: started.append(arguments))
    assert main(["lab", str(folder), "--no-browser", "--port", "8890"]) == 0
    ((program, command, environment),) = started
    opened = [str(folder / "00_start.ipynb"), "--LabApp.default_url=/lab/tree/00_start.ipynb"]
    assert command == [program, "-m", "jupyterlab", *opened, "--no-browser", "--port", "8890"]
    assert program == sys.executable and str(lab.SETTINGS) in environment["JUPYTER_PATH"]
    (folder / "00_start.ipynb").unlink()
    assert main(["lab", str(folder)]) == 0
    assert started[-1][1][-1] == str(folder)


@pytest.mark.slow(seconds=15)
def test_the_address_that_it_prints_opens_the_first_notebook(folder):
    """Without a browser of its own, as on a machine that is reached over a network."""
    options = ["--no-browser", "--port", "0", *(["--allow-root"] if os.name == "posix" and not os.getuid() else [])]
    words = [sys.executable, "-m", "jupyterlab", *lab.opened(folder), *options]
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True, env=lab.environment()) as started:
        try:
            addresses = (re.search(r"http://\S+?(/lab\S*)\?token=", line) for line in started.stderr)
            assert next(filter(None, addresses))[1] == "/lab/tree/00_start.ipynb"
        finally:
            started.kill()


def test_a_folder_that_does_not_exist_is_refused_with_the_command_that_makes_it(tmp_path, capsys):
    assert main(["lab", str(tmp_path / "none")]) == 2
    assert "`aether_lab notebooks " in capsys.readouterr().err


def test_the_pages_that_notebooks_link_are_shipped_with_them():
    linked = {
        (path.parent / target).resolve()
        for path in shipped()
        if path.suffix in (".ipynb", ".md")
        for target in re.findall(r"\]\(([^)#:\s]+\.md)\b", path.read_text(encoding="utf-8"))
    }
    assert linked and linked == {path.resolve() for path in shipped() if path.suffix == ".md"}
