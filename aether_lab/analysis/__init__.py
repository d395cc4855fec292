"""Evaluation of a model: reconstruction error, axis properties, disentanglement, landmarks, cards."""
