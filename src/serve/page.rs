//! The page for people.

use maud::{DOCTYPE, html};

use super::daemon::Daemon;

/// The page at `/`.
pub(super) fn render(daemon: &Daemon) -> String {
    let history = daemon.history();
    html! {
        (DOCTYPE)
        html lang="en" {
            head { meta charset="utf-8"; title { "mailprobe" } }
            body {
                h1 { "mailprobe" }
                @for (key, subject) in history.subjects() {
                    p { (key.target) ": " (subject.latest.conclusion()) }
                }
            }
        }
    }
    .into_string()
}
