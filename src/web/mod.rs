//! One small file over HTTP or HTTPS, within bounds.
//!
//! The connection is mailprobe's own, so that names are looked up and connections made as everywhere else. Redirects are
//! told, not followed: what to make of one is the caller's matter.

mod context;
mod error;
mod exchange;
mod https_url;
mod post;
mod reply;
mod request;

pub use context::WebContext;
pub use error::{FetchError, fault_in_words};
pub use https_url::HttpsUrl;
pub use post::{JsonPost, PostReply, post_json};
pub use reply::{HttpFile, HttpReply, MAX_BODY};
pub use request::{request, request_unencrypted, within};
