//! Checking a target now.

use maud::{Markup, html};

use crate::report::html::shown;
use crate::serve::settings::ServeSettings;

/// The form. `target` and `module` are what it holds at first.
pub(super) fn form(settings: &ServeSettings, target: &str, module: &str) -> Markup {
    html! {
        form.check action="/check" method="get" role="search" aria-label="Check a target now" {
            label for="check-target" { "Target" }
            input #check-target name="target" type="text" value=(shown(target)) autocomplete="off" autocapitalize="none"
                spellcheck="false" maxlength="300" placeholder="mail.example.org";
            @if settings.modules.len() > 1 {
                label for="check-module" { "Module" }
                select #check-module name="module" {
                    @for name in settings.modules.keys() {
                        option value=(name) selected[name == module] { (shown(name)) }
                    }
                }
            }
            button type="submit" { "Check now" }
        }
    }
}
