"""What happens to calls: messages, the life of a job, sessions and their streams."""
