"""The evaluator: what AWS answers to one request."""
