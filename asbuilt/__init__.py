"""As documented, as built: verifies AWS accounts against their architecture documents, with evidence."""

from asbuilt.content import register

register()
