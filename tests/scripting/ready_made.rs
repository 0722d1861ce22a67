//! What is ready made parses, and names no option that does not exist.
