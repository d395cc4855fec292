"""z over time, and sound through the filter that it decodes to."""
