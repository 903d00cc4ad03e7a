"""From the measurements of a run to verdicts and files."""
