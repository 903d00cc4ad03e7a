"""Sources of evidence: the table of sources, the rows that they answer, and the reader that calls them."""
