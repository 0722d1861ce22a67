//! What to enter in a mail program.

use maud::{Markup, html};

use super::frame::{cut, facts, shown};
use crate::policy::{JudgedTarget, Setting};
use crate::report::human::settings::{login, protocol};
use crate::report::human::words;
use crate::service::LoginNeed;
use crate::words::joined;

/// `None`: nobody asked, or there is nothing to say.
pub(super) fn settings(target: &JudgedTarget) -> Option<Markup> {
    let recommended = target.recommended.as_ref()?;
    let nothing = recommended.incoming.is_empty() && recommended.outgoing.is_empty();
    if nothing && recommended.why.is_none() {
        return None;
    }
    let others = recommended.incoming.iter().skip(1).chain(recommended.outgoing.iter().skip(1)).map(|setting| {
        format!("{} {} ({}, {})", setting.host, setting.port, protocol(setting), words::tls_words(setting.security))
    });
    let others = joined(others);
    Some(html! {
        @if !nothing {
            (one("Incoming mail", "receiving mail", &recommended.incoming))
            (one("Outgoing mail", "sending mail", &recommended.outgoing))
        }
        @if let Some(why) = &recommended.why { p { (shown(why)) } }
        @if !others.is_empty() { p { "These also work: " (shown(&others)) "." } }
    })
}

fn one(title: &str, purpose: &str, settings: &[Setting]) -> Markup {
    let Some(best) = settings.first() else {
        return html! { p { "For " (purpose) ", nothing that works was found." } };
    };
    let mut about = vec![
        ("Server", best.host.to_string()),
        ("Port", best.port.to_string()),
        ("Security", words::tls_words(best.security).to_owned()),
    ];
    about.extend(login(best).map(|login| ("Login", login)));
    let needs = best.login_needs.iter().filter(|need| need.needs != LoginNeed::OAuth);
    about.extend(needs.map(|need| ("Note", need.text.clone())));
    about.push(("Named by", words::sources(&best.sources)));
    html! {
        h4 { (title) " (" (protocol(best)) ")" }
        (facts(about))
        @for page in best.login_needs.iter().filter_map(|need| need.page.as_deref()) { p { (cut(page)) } }
    }
}
