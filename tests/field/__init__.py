"""Situations that accounts in the field hold, each with what AWS's documentation makes right."""
