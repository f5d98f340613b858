"""Messages that services and the platform exchange: models, names, ids."""
