"""The auditor: the role that reads an account, with the policy that the facts need and nothing more."""
