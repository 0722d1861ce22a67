//! What is wrong with records and files, each by its own word.

mod agent_config;
mod anything;
mod mta_sts_policies;
mod records;
