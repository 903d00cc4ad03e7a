"""Writers: each takes results and a path, and does nothing else."""
