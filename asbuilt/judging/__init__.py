"""One comparison judges: subjects are bound to records, facts to verdicts."""
