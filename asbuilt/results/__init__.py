"""What a run leaves: records, the terminal's summary, exit codes and files."""
