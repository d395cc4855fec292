"""The network and its latent space: settings, training, encoding and decoding."""
