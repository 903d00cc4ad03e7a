"""From evidence to policies, principals and organizations."""
