//! What every page of the service has around its contents.

use std::time::SystemTime;

use maud::{DOCTYPE, Markup, html};

use super::form::form;
use crate::report::html::{STYLE, moment, shown};
use crate::serve::daemon::Daemon;
use crate::serve::settings::ServeSettings;

/// A page: its title, what the form holds, its contents.
pub(super) struct PageFrame<'a> {
    pub(super) title: String,
    pub(super) target: &'a str,
    pub(super) module: &'a str,
    /// Whether it keeps itself up to date.
    pub(super) is_live: bool,
    pub(super) now: SystemTime,
}

impl PageFrame<'_> {
    /// A page that is about no target in particular.
    pub(super) fn general(title: String, now: SystemTime) -> Self {
        Self { title, target: "", module: ServeSettings::DEFAULT_MODULE, is_live: true, now }
    }

    pub(super) fn around(&self, daemon: &Daemon, contents: &Markup) -> String {
        let settings = daemon.settings();
        html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    title { (self.title) " – mailprobe" }
                    link rel="icon" href="data:,";
                    link rel="stylesheet" href="/static/page.css";
                    @if self.is_live { script src="/static/page.js" defer {} }
                }
                body {
                    a.skip href="#main" { "Skip to the results" }
                    header.top {
                        p.name { a href="/" { "mailprobe" } }
                        (form(&settings, self.target, self.module))
                    }
                    // Outside of what is replaced when the page keeps itself up to date.
                    p #stale role="alert" hidden {}
                    p.unseen #announced role="status" {}
                    main #main tabindex="-1" data-live[self.is_live] {
                        (troubles(daemon))
                        (contents)
                    }
                    footer {
                        p.faint {
                            "mailprobe " (env!("CARGO_PKG_VERSION")) ", " (moment(self.now)) ". "
                            a href="/metrics" { "Its own metrics" }
                        }
                    }
                }
            }
        }
        .into_string()
    }
}

/// What is wrong with the service itself.
fn troubles(daemon: &Daemon) -> Markup {
    let reload = "The configuration could not be read again; the one read before is still in use";
    let state = "What is seen is kept in memory only";
    let reload = daemon.reload_failure().map(|mistake| (reload, mistake));
    let state = daemon.store_trouble().map(|trouble| (state, trouble));
    let troubles: Vec<(&str, String)> = reload.into_iter().chain(state).collect();
    html! {
        @for (what, why) in troubles {
            div.trouble { p { strong { (what) ": " } code { (shown(&why)) } } }
        }
    }
}

/// A page that says why something was not done.
pub(in crate::serve) fn refusal(daemon: &Daemon, target: &str, module: &str, why: &str) -> String {
    let frame = PageFrame { title: "Not checked".to_owned(), target, module, is_live: false, now: SystemTime::now() };
    let contents = html! {
        h1 { "Not checked" }
        p { (shown(why)) }
    };
    frame.around(daemon, &contents)
}

/// How the pages look.
pub(in crate::serve) fn style() -> String {
    [STYLE, include_str!("page.css")].concat()
}

/// What keeps them up to date.
pub(in crate::serve) fn script() -> &'static str {
    include_str!("page.js")
}
