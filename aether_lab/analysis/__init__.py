"""What a model is worth: reconstruction error, what its axes do, and how far they are disentangled."""
