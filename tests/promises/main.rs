//! What a domain promises, on real DNSSEC: zones signed by BIND's tools and served by named, Unbound in front of them,
//! resolvers that spoil it, and servers that keep their promises or do not.
//!
//! `dane` holds mailprobe's word beside those of posttls-finger (Postfix) and ldns-dane, and docs/dane.md is the table of it.

#![cfg(all(target_os = "linux", feature = "cli"))]

mod dane;
mod domains;
mod judges;
mod mailprobe;
#[path = "../netns/mod.rs"]
mod netns;
mod readme;
mod resolvers;
mod row;
mod rows;
mod table;
mod tlsa;
mod world;
mod zones;
