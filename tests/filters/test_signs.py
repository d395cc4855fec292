"""Any signs of a parallel bank as a recipe, and files that carry them."""

import json

import numpy as np
import pytest
from cookbook import FREQUENCY, curve, expected_db, parse_json, random_bank

from aether_lab.filters.recipe import Recipe
from aether_lab.filters.signs import arranged
from aether_lab.formats.export import export, read_back

BANK = random_bank(3, 5)


def with_signs(signs):
    state = json.loads(export(BANK, "json").content)
    for section, sign in zip(state["sections"], signs, strict=True):
        section["sign"] = sign
    return json.dumps(state)


@pytest.mark.parametrize(
    "signs", [[1, 1, 1, 1, 1], [1, -1, 1, -1, 1], [-1, -1, 1, -1, -1], [-1] * 5, [1, 1, -1, -1, 1]]
)
def test_the_signs_of_a_json_file_are_read(signs):
    columns = (np.asarray(each).tolist() for each in (BANK.frequency_hz, BANK.q, BANK.gain_db))
    expected = curve(list(zip(BANK.kinds, *columns, strict=True)), 48_000, signs=signs)
    text = with_signs(signs)
    np.testing.assert_allclose(read_back(text.encode(), "json", FREQUENCY), expected, atol=1e-6)
    np.testing.assert_allclose(Recipe.from_json(text).response_db(FREQUENCY), expected, atol=1e-3)
    np.testing.assert_allclose(parse_json(text, 48_000), expected)


def test_a_csv_file_with_other_signs_is_read():
    text = export(BANK, "csv").content.decode()
    text = "".join(
        line.replace(",-1", ",+1") if line.startswith("bandpass") else line for line in text.splitlines(True)
    )
    columns = (np.asarray(each).tolist() for each in (BANK.frequency_hz, BANK.q, BANK.gain_db))
    expected = curve(list(zip(BANK.kinds, *columns, strict=True)), 48_000, signs=[1] * 5)
    np.testing.assert_allclose(read_back(text.encode(), "csv", FREQUENCY), expected, atol=1e-6)


def test_the_json_of_a_recipe_and_of_a_file_carry_signs_and_older_files_are_read():
    for state in (json.loads(BANK.to_json()), json.loads(export(BANK, "json").content)):
        assert [section["sign"] for section in state["sections"]] == [1, -1, 1, -1, 1]
        for section in state["sections"]:
            del section["sign"]
        older = json.dumps(state)
        np.testing.assert_allclose(read_back(older.encode(), "json", FREQUENCY), expected_db(BANK), atol=1e-6)
        np.testing.assert_allclose(Recipe.from_json(older).response_db(FREQUENCY), expected_db(BANK), atol=1e-3)
    assert "sign" not in json.loads(random_bank(3, 5, "cascade").to_json())["sections"][0]


def test_a_sign_that_is_neither_is_refused():
    with pytest.raises(ValueError, match="sign"):
        Recipe.from_json(with_signs([1, 0, 1, 1, 1]))


def test_arranged_signs_alternate():
    polarity, (frequency_hz, gain_db) = arranged([-1, 1, 1], [1, 2, 3], gain_db=[10, 20, 30])
    assert (polarity, frequency_hz, gain_db) == ("alternating", [2, 1, 3], [20, 10, 30])
    assert arranged([1, 1], [1, 2], gain_db=[3, 4]) == ("positive", [[1, 2], [3, 4]])
