//! How a part of the contract is written down: each field once, with what it says, its type, and where it comes from.

/// Declares a struct of the contract, and the conversion that makes it: `struct IcmpReport from icmp: Icmp { … }`.
macro_rules! mirror {
    ($(
        $(#[$meta:meta])*
        struct $name:ident from $source:tt: $from:ty {
            $($(#[$field_meta:meta])* $field:ident: $type:ty = $value:expr,)+
        }
    )+) => { $(
        #[derive(Debug, Clone, PartialEq, serde::Serialize)]
        #[cfg_attr(feature = "cli", derive(schemars::JsonSchema), schemars(deny_unknown_fields))]
        $(#[$meta])*
        pub struct $name {
            $($(#[$field_meta])* pub $field: $type,)+
        }

        impl From<$from> for $name {
            fn from($source: $from) -> Self {
                Self { $($field: $value,)+ }
            }
        }
    )+ };
}

/// Every item, as the contract has it.
pub(super) fn all<'a, T: 'a, Part: From<&'a T>>(items: impl IntoIterator<Item = &'a T>) -> Vec<Part> {
    items.into_iter().map(Part::from).collect()
}

pub(super) use mirror;
