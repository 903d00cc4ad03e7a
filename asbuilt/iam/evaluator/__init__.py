"""What AWS answers to one request."""
