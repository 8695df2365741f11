"""How texts of all parts are read and shown."""
