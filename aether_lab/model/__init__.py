"""The VAE and its latent space: settings, training, encoding, decoding, matching, presets."""
