"""The vocabulary: one module per kind of subject, one function per question."""
