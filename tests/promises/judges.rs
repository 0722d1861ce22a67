//! The tools whose word mailprobe's is held beside.
