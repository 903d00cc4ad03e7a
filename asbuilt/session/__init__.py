"""A verification of one or more deployments, from the choice of facts to the files of its results."""
