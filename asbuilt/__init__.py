"""As documented, as built: verifies AWS accounts against their architecture documents, with evidence."""

from asbuilt.content import register

__version__ = "0.1.0"

register()
