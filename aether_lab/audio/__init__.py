"""z over time, and offline rendering of audio through the filter it decodes to."""
