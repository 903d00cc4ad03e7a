"""What AWS answers to every request: the prover."""
