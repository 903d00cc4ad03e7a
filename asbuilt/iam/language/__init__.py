"""IAM policies: actions, resources and conditions, as AWS documents them."""
