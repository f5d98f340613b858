"""Microsoft Graph and Entra over the wire."""
