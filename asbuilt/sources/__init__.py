"""Where evidence comes from: a table of sources, and the reader that asks them."""
