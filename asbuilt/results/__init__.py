"""The results of a run: records, the summary on the terminal, exit codes and files."""
