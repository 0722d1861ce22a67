//! The pages for people. They are complete without JavaScript; with it, they keep themselves up to date.

mod card;
mod changes;
mod detail;
mod form;
mod frame;
mod front;
mod link;
mod strip;
mod when;

pub(super) use detail::detail;
pub(super) use frame::{refusal, script, style};
pub(super) use front::front;
pub(super) use link::detail_path;
