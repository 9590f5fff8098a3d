"""Words for people: what an app offers, how a job is, how far it is."""
