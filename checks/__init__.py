"""The checks: one folder per field, one module per kind of subject, one function per question."""
