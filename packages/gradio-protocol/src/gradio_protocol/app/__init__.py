"""What a server says about itself: its documents, parsed once into types."""
