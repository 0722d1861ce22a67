//! Where the page about a subject is.

use url::form_urlencoded;

use crate::serve::history::SubjectKey;

/// `/target?target=mail.example.org&module=default`
pub(in crate::serve) fn detail_path(key: &SubjectKey) -> String {
    let query: String = form_urlencoded::Serializer::new(String::new())
        .append_pair("target", &key.target)
        .append_pair("module", &key.module)
        .finish();
    format!("/target?{query}")
}
