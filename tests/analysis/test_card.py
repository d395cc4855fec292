from aether_lab.analysis.card import card_text
from aether_lab.model.space import FilterSpace


def errors(**means):
    return {stage: {"mean": mean, "median": mean, "p90": mean} for stage, mean in means.items()}


def test_a_card_says_what_pca_was_fitted_to_and_what_the_network_gains():
    card = FilterSpace.load("4d").card
    figures = errors(mean_curve=7, pca4=2.19, kinds_pca4=1.91, mu=2.17)
    card["metrics"] = {
        "seen": False,
        "pca_fitted_to": "378 spectra of 12 sources and 20000 synthetic responses (90% of the draws)",
        "gain": {"pca4": 0.02, "kinds_pca4": -0.26},
        "overall": errors(mean_curve=7, pca4=2.5, kinds_pca4=2, mu=2),
        "over_sources": figures,
        "by_kind": {"room": figures},
        "by_source": {"rooms/a": figures},
    }
    text = " ".join(card_text(card).split())
    assert "the network learned from, with the same probabilities: 378 spectra of 12 sources and 20000 syn" in text
    assert "- 4 numbers: network 2.17 dB; PCA 2.19, gain 0.02; PCA that knows the kind 1.91, gain -0.26" in text
    for row in ("mean over sources | 7.00 | 2.19", "mean over spectra | 7.00 | 2.50", "all of kind room", "rooms/a"):
        assert f"| {row} |" in text


def test_a_card_of_an_earlier_model_says_that_its_pca_did_not_see_the_synthetic_responses():
    card = FilterSpace.load("4d").card
    card["metrics"] = {"overall": errors(pca4=3, mu=2), "by_source": {}}
    text = " ".join(card_text(card).split())
    assert "the training sources (the network was also trained on synthetic responses)" in text and "gain" not in text
