//! The sweep and its conclusions, without a network.
