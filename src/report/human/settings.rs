//! What to enter in a mail program, for somebody who has never done it.

use super::words;
use crate::policy::{Recommended, Setting, takes_password};
use crate::report::sanitize::fit;
use crate::report::style::{Ink, Page, Style, pad};
use crate::service::LoginNeed;

/// Writes the best setting for each purpose in full, and the others in a line.
pub(super) fn write(page: &mut Page, recommended: &Recommended, style: Style) {
    let nothing = recommended.incoming.is_empty() && recommended.outgoing.is_empty();
    if nothing && recommended.why.is_none() {
        return;
    }
    page.blank();
    page.paragraph(&[], 0, Ink::Strong, "What to enter in a mail program");
    if nothing {
        page.paragraph(&[], 2, Ink::Plain, recommended.why.as_deref().unwrap_or_default());
        return;
    }
    one(page, "Incoming mail", "receiving mail", &recommended.incoming, style);
    one(page, "Outgoing mail", "sending mail", &recommended.outgoing, style);
    if let Some(why) = &recommended.why {
        page.blank();
        page.paragraph(&[], 2, Ink::Plain, why);
    }
    let others = recommended.incoming.iter().skip(1).chain(recommended.outgoing.iter().skip(1)).map(|setting| {
        format!("{} {} ({}, {})", setting.host, setting.port, protocol(setting), words::tls_words(setting.security))
    });
    let others = words::joined(others);
    if !others.is_empty() {
        page.paragraph(&[], 2, Ink::Plain, &format!("These also work: {others}."));
    }
}

const INDENT: usize = 14;

fn one(page: &mut Page, title: &str, purpose: &str, settings: &[Setting], style: Style) {
    page.blank();
    let Some(best) = settings.first() else {
        page.paragraph(&[], 2, Ink::Plain, &format!("For {purpose}, nothing that works was found."));
        return;
    };
    page.paragraph(&[], 2, Ink::Strong, &format!("{title} ({})", protocol(best)));
    let fact = |page: &mut Page, name: &str, text: &str| {
        let lead = format!("    {}", pad(name, INDENT - 4));
        page.paragraph(&[(Ink::Faint, &lead)], INDENT, Ink::Plain, text);
    };
    fact(page, "server", &best.host.to_string());
    fact(page, "port", &best.port.to_string());
    fact(page, "security", words::tls_words(best.security));
    if let Some(login) = login(best) {
        fact(page, "login", &fit(&login, MAX_LOGIN, style.charset()));
    }
    // That no password will do is in the line before.
    for need in best.login_needs.iter().filter(|need| need.needs != LoginNeed::OAuth) {
        let or_oauth = need.needs == LoginNeed::AppPassword && best.login.iter().any(|name| is_oauth(name));
        let or_oauth = if or_oauth { " A mail program that signs in with OAuth needs none." } else { "" };
        fact(page, "note", &format!("{}{or_oauth}", need.text));
        if let Some(address) = &need.page {
            // Whole, so that it can be clicked on.
            page.line(&[(Ink::Plain, &" ".repeat(INDENT)), (Ink::Plain, address)]);
        }
    }
    fact(page, "named by", &words::sources(&best.sources));
}

/// How much of the list of login methods is shown; all of it is in the JSON.
const MAX_LOGIN: usize = 200;

pub(in crate::report) fn login(setting: &Setting) -> Option<String> {
    // A server may list methods that its provider no longer lets anybody use.
    let no_password = setting.password == Some(false);
    let usable: Vec<&str> =
        setting.login.iter().map(String::as_str).filter(|name| !(no_password && takes_password(name))).collect();
    let methods = if usable.is_empty() { String::new() } else { format!(" ({})", usable.join(", ")) };
    let app_password = setting.login_needs.iter().any(|need| need.needs == LoginNeed::AppPassword);
    match setting.password {
        _ if setting.oauth_only => Some(format!("no password: OAuth (sign-in with a browser){methods}")),
        Some(true) | None if app_password => Some(format!("app password{methods}")),
        Some(true) => Some(format!("password{methods}")),
        Some(false) if setting.login.is_empty() => Some("none offered".to_owned()),
        Some(false) => Some(format!("no password: OAuth or the like{methods}")),
        None => None,
    }
}

fn is_oauth(mechanism: &str) -> bool {
    matches!(mechanism, "XOAUTH2" | "OAUTHBEARER")
}

pub(in crate::report) fn protocol(setting: &Setting) -> String {
    setting.service.protocol().name().to_uppercase()
}
