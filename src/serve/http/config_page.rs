//! `/config`: the settings as they were loaded, without what nobody else may know.

use serde_json::{Value, json};

use crate::serve::settings::{Module, ModuleKind, ServeSettings};

/// As JSON.
pub(super) fn render(settings: &ServeSettings) -> String {
    let modules = settings.modules.iter().map(|(name, module)| (name.clone(), described(module)));
    let targets = settings.watched.iter().map(|watched| {
        json!({
            "target": watched.typed,
            "module": watched.module.name,
            "interval_seconds": watched.interval.as_secs_f64(),
        })
    });
    let web = &settings.web;
    let document = json!({
        "allow": settings.allow.as_ref().map(|allow| allow.0.iter().map(ToString::to_string).collect::<Vec<_>>()),
        "modules": modules.collect::<serde_json::Map<_, _>>(),
        "targets": targets.collect::<Vec<_>>(),
        "webhook": settings.webhook.as_ref().map(|webhook| without_secrets(&webhook.url)),
        "tls": web.tls.is_some(),
        "authentication": web.authenticates(),
    });
    // Numbers, texts and nothing that has no JSON.
    serde_json::to_string_pretty(&document).unwrap_or_default() + "\n"
}

fn described(module: &Module) -> Value {
    let kind = match module.kind {
        ModuleKind::Ports { .. } => "ports",
        ModuleKind::Blocked(_) => "blocked",
    };
    json!({ "kind": kind, "deadline_seconds": module.limit.as_secs_f64() })
}

/// Where changes are sent, without what lets anybody send there: that may also stand in the path.
fn without_secrets(url: &url::Url) -> String {
    format!("{}/…", url.origin().ascii_serialization())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::settings::WebhookSettings;

    #[test]
    fn a_webhook_keeps_its_secrets() {
        let url = "https://me:word@hooks.example.org:8443/services/T0/B0/secret?key=secret".parse().expect("a URL");
        let webhook = WebhookSettings { url, authorization: None };
        let settings = ServeSettings { webhook: Some(webhook), ..ServeSettings::default() };
        let page = render(&settings);
        assert!(page.contains("https://hooks.example.org:8443/…"), "{page}");
        assert!(!page.contains("secret") && !page.contains("word"), "{page}");
    }
}
