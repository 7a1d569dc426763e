//! The stable names of all diagnostics, in one place.

use super::Severity;

/// Declares the codes: variant, kebab-case name, severity, one sentence.
macro_rules! codes {
    ($($variant:ident $name:literal $severity:ident $about:literal;)*) => {
        /// What kind of complaint a diagnostic is.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $(#[doc = $about] $variant,)*
        }

        impl Code {
            /// Every code, in the order of the documentation.
            pub const ALL: &[Code] = &[$(Code::$variant,)*];

            /// The stable name.
            pub fn as_str(self) -> &'static str {
                match self { $(Code::$variant => $name,)* }
            }

            /// How much a diagnostic of this code weighs.
            pub fn severity(self) -> Severity {
                match self { $(Code::$variant => Severity::$severity,)* }
            }

            /// What it means, in one sentence.
            pub fn about(self) -> &'static str {
                match self { $(Code::$variant => $about,)* }
            }
        }
    };
}

codes! {
    KmsKeyUnclear "kms-key-unclear" Warning "One side names a KMS alias and the other a key, and only KMS could tell whether they are the same.";
    ProcessorFailed "processor-failed" Note "The service reports that the processor failed.";
}
