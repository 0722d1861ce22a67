//! Answers in plain text: one clear line.

use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};

use crate::report::sanitize::{Charset, escape};

/// An answer of one line, whatever is quoted in it.
pub(super) fn plain(status: StatusCode, line: &str) -> Response {
    let line = escape(line, Charset::Unicode);
    (status, [(CONTENT_TYPE, "text/plain; charset=utf-8")], format!("{line}\n")).into_response()
}
