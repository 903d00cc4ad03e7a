"""Histograms, request statistics, and the estimates that are made from them."""
