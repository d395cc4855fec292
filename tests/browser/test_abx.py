"""A listening test in a real JupyterLab: ten answers, the words at the end, and the count in Python."""

CELLS = (
    "import numpy as np\nfrom aether_lab.course import abx",
    "t = np.arange(4800)\ntest = abx(np.sin(t / 10), np.sin(t / 20), 48_000, ('low', 'high'), seed=1)\ntest",
)


def test_ten_right_answers_are_counted_and_said_to_be_no_guessing(lab):
    lab.write("abx.ipynb", *CELLS)
    with lab.open("abx.ipynb") as notebook:
        notebook.run_all()
        panel = notebook.page.locator(".jp-OutputArea .aether-abx")
        panel.wait_for()
        order = [int(each) for each in notebook.run("print(*test.order)").split()]
        for name in ("▶ A", "▶ B", "▶ X"):
            panel.get_by_role("button", name=name).click()
        for which in order:
            panel.get_by_role("button", name="X is B" if which else "X is A").click()
        assert "10 of 10 right" in panel.get_by_role("status").inner_text()
        assert panel.get_by_role("button", name="X is A").is_disabled()
        notebook.wait_for("print(test.correct, round(test.p_value, 4))", "10 0.001")
        panel.get_by_role("button", name="Start again").click()
        assert panel.get_by_role("status").inner_text().startswith("Trial 1 of 10")


def test_plain_keys_on_its_buttons_are_no_shortcuts_of_the_notebook(lab):
    lab.write("keys.ipynb", *CELLS)
    with lab.open("keys.ipynb") as notebook:
        notebook.run_all()
        panel = notebook.page.locator(".jp-OutputArea .aether-abx")
        panel.get_by_role("button", name="▶ A").focus()
        for key in "ddbx":  # delete a cell, insert one, cut one
            notebook.page.keyboard.press(key)
        cells = notebook.page.evaluate("() => jupyterapp.shell.currentWidget.content.widgets.length")
        assert cells == len(CELLS) and panel.count() == 1
        panel.get_by_role("button", name="X is A").press("Enter")
        assert panel.get_by_role("status").inner_text().startswith("Trial 2 of 10")
