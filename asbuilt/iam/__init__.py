"""Least privilege, proved: the policy language, an evaluator, a prover and the questions asked of them."""
