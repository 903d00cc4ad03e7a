"""The prover: what AWS answers to all requests."""
