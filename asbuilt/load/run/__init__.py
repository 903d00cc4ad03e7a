"""The processes of a load run."""
