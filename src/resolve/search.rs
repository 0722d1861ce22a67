//! Search domains: the names that may be meant by a name that a person types.

use hickory_resolver::proto::rr::Name;

/// The search domains, and for which names they are tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SearchList {
    domains: Vec<Name>,
    /// Whether a single label is tried in them before it is taken as it stands.
    before_single_labels: bool,
    /// Whether names with a dot are tried in them at all.
    with_dots: bool,
}

impl SearchList {
    /// As the C library searches. `ndots`: see resolv.conf(5).
    ///
    /// One thing differs: a name with a dot is tried as it stands first, even where `ndots` is larger. It is the same name
    /// that is found unless there are two, and then a name of the whole Internet is hardly meant to be one of the cluster.
    #[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "the others' configuration is read by hickory"))]
    pub(super) fn new(domains: Vec<Name>, ndots: usize) -> Self {
        Self { domains, before_single_labels: ndots > 0, with_dots: true }
    }

    /// For single labels, and for no other name.
    #[cfg_attr(target_os = "linux", allow(dead_code, reason = "for the systems without a resolv.conf that counts"))]
    pub(super) fn of_single_labels(domains: Vec<Name>) -> Self {
        Self { domains, before_single_labels: true, with_dots: false }
    }

    pub(super) fn none() -> Self {
        Self { domains: Vec::new(), before_single_labels: false, with_dots: false }
    }

    /// The absolute names that may be meant, the likeliest first. `as_typed`: whether the search domains are tried at all.
    pub(super) fn candidates(&self, name: &str, as_typed: bool) -> Vec<Name> {
        let Some(itself) = absolute(name) else { return Vec::new() };
        let is_single = !name.contains('.');
        if !as_typed || !(is_single || self.with_dots) {
            return vec![itself];
        }
        let mut candidates: Vec<Name> = Vec::new();
        for candidate in self.domains.iter().map_while(|domain| within(&itself, domain)) {
            if candidate != itself && !candidates.contains(&candidate) {
                candidates.push(candidate);
            }
        }
        let place = if is_single && self.before_single_labels { candidates.len() } else { 0 };
        candidates.insert(place, itself);
        candidates
    }
}

/// The name as the DNS is asked for it; `None` where it is too long.
pub(super) fn absolute(name: &str) -> Option<Name> {
    // Label by label, because the textual form gives some characters a meaning.
    Name::from_labels(name.split('.').map(str::as_bytes)).ok()
}

/// The name in a search domain; `None` where it would be too long.
fn within(name: &Name, domain: &Name) -> Option<Name> {
    let mut relative = name.clone();
    relative.set_fqdn(false);
    let mut name = relative.append_domain(domain).ok()?;
    name.set_fqdn(true);
    Some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_a_dot_is_first_what_it_says() {
        let domains = || ["ns.svc.test", "svc.test"].into_iter().filter_map(absolute).collect();
        let names = |list: &SearchList, name: &str, as_typed| -> Vec<String> {
            list.candidates(name, as_typed).iter().map(Name::to_ascii).collect()
        };
        let linux = SearchList::new(domains(), 5);
        assert_eq!(names(&linux, "mail.ns", true), ["mail.ns.", "mail.ns.ns.svc.test.", "mail.ns.svc.test."]);
        assert_eq!(names(&linux, "mail.ns", false), ["mail.ns."]);
        assert_eq!(names(&linux, "mail", true), ["mail.ns.svc.test.", "mail.svc.test.", "mail."]);
        let others = SearchList::of_single_labels(domains());
        assert_eq!(names(&others, "mail.ns", true), ["mail.ns."]);
        assert_eq!(names(&others, "mail", true), ["mail.ns.svc.test.", "mail.svc.test.", "mail."]);
        assert_eq!(names(&SearchList::none(), "mail", true), ["mail."]);
    }
}
