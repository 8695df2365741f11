"""The sending of events: the queue, its policy, and whether events may leave."""
