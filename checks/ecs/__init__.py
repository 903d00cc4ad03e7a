"""Questions about ECS."""
