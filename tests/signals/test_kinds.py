"""Kinds of systems from names of folders."""

import pytest

from aether_lab.signals.kinds import KINDS, kind_of
from aether_lab.signals.synthetic import FAMILIES


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("rooms/otala", "room"),
        ("room", "room"),
        ("plates/emt140", "plate or spring"),
        ("data/Springs/tank", "plate or spring"),
        ("cabs", "cabinet"),
        ("CABINETS\\vox", "cabinet"),
        ("mics/u87", "microphone"),
        ("microphone/u87", "microphone"),
        ("hrtf/kemar", "ear"),
        ("ears", "ear"),
        ("headphones/hd600", "headphone"),
        ("speakers/small", "loudspeaker"),
        ("loudspeaker/small", "loudspeaker"),
        ("gear/tape", "gear"),
        ("instruments/violin", "object"),
        ("objects", "object"),
        ("rooms/cabinets/4x12", "cabinet"),
        ("cabinets/rooms", "room"),
        ("roommates/mic stand", ""),
        ("", ""),
    ],
)
def test_the_deepest_folder_that_is_named_after_a_kind_counts(source, kind):
    assert kind_of(source) == kind and (not kind or kind in KINDS)


def test_every_synthetic_family_has_a_kind():
    assert [kind_of(f"synthetic/{family}") for family in FAMILIES] == [
        *("room", "plate or spring", "cabinet", "microphone", "ear", "headphone"),
    ]
