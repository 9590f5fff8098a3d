"""What a server says about itself: its documents, parsed into types."""
