"""asbuilt: what an architecture document promises, against what is really there."""
