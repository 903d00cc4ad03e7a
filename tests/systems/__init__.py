"""Tests of the documented systems: drifts, literal builds, traceability."""
