//! The catalogue of what can go wrong, by name.

mod breaks;
mod capabilities;
mod fault;
mod greetings;
mod hostile;
mod lookalikes;
mod starttls;
mod strangers;
mod tls;

use std::sync::LazyLock;

use crate::behaviour::Behaviour;
pub use fault::Fault;

impl Fault {
    /// Every fault.
    pub fn all() -> &'static [Self] {
        static ALL: LazyLock<Vec<Fault>> = LazyLock::new(|| {
            let families = [
                breaks::faults(),
                greetings::faults(),
                capabilities::faults(),
                starttls::faults(),
                tls::faults(),
                strangers::faults(),
                hostile::faults(),
                lookalikes::faults(),
            ];
            families.into_iter().flatten().collect()
        });
        &ALL
    }

    /// The fault of this name.
    pub fn from_name(name: &str) -> Option<&'static Self> {
        Self::all().iter().find(|fault| fault.name == name)
    }
}

impl Behaviour {
    /// Has the fault of this name.
    ///
    /// # Panics
    ///
    /// When the catalogue has no such name, or the fault does not fit this protocol and security: a mistake in the
    /// test. [`Fault::from_name`] and [`Behaviour::with`] do not panic.
    #[must_use]
    pub fn fault(self, name: &str) -> Self {
        let Some(fault) = Fault::from_name(name) else { panic!("the lab knows no fault {name:?}") };
        assert!(
            fault.fits(self.protocol, self.security),
            "{name} does not fit {:?} {:?}",
            self.protocol,
            self.security
        );
        self.with(fault)
    }

    /// Has this fault.
    #[must_use]
    pub fn with(self, fault: &Fault) -> Self {
        (fault.change)(self)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::Fault;
    use crate::pki::Leaf;

    #[test]
    fn names_are_unique_and_well_formed() {
        let names: Vec<&str> = Fault::all().iter().map(Fault::name).chain(Leaf::ALL.map(Leaf::name)).collect();
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
        for name in names {
            assert!(name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-')), "{name}");
        }
    }

    #[test]
    fn every_fault_is_found_by_its_name() {
        for fault in Fault::all() {
            assert_eq!(Fault::from_name(fault.name()).map(Fault::about), Some(fault.about()));
        }
    }
}
