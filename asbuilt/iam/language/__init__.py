"""IAM policies: actions, resources, conditions, as AWS documents them."""
