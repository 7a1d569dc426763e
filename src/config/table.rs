//! One declaration for a table: its type, its schema and its reading.
//!
//! A key that is declared is read and is in the schema, and one that is not is
//! neither: the two cannot disagree.

/// Declares tables as structs of slots, one for each key.
///
/// `..field: Type` takes over the keys of another table, as if they had been
/// declared here.
macro_rules! tables {
    ($(
        $(#[$meta:meta])*
        $table:ident $noun:literal {
            $( $(#[$key_meta:meta])* $key:ident: $value:ty, )*
            $( ..$inner:ident: $inner_type:ty, )?
        }
    )*) => {$(
        #[derive(Clone, Debug, Default, schemars::JsonSchema)]
        $(#[$meta])*
        #[schemars(default, deny_unknown_fields)]
        pub struct $table {
            $( $(#[$key_meta])* pub $key: Slot<$value>, )*
            /// Whether there was a key that is none of these, which may have
            /// meant any of them.
            #[schemars(skip)]
            pub doubtful: bool,
            $(
                #[schemars(flatten)]
                #[doc = "The keys that several tables have in common."]
                pub $inner: $inner_type,
            )?
        }

        impl Table for $table {
            const NOUN: &'static str = $noun;

            fn keys() -> Vec<&'static str> {
                let own: &[&str] = &[$( stringify!($key), )*];
                [own, $( &<$inner_type>::keys() )?].concat()
            }

            fn accept(
                &mut self,
                key: &toml::Spanned<toml::de::DeString<'_>>,
                value: &toml::Spanned<toml::de::DeValue<'_>>,
                reader: &mut Reader<'_>,
            ) -> bool {
                match key.get_ref().as_ref() {
                    $( stringify!($key) => self.$key = reader.slot(key, value), )*
                    _ => return false $( || self.$inner.accept(key, value, reader) )?,
                }
                true
            }

            fn report(&mut self, key: &str, span: crate::diagnostic::Span) {
                match key {
                    $( stringify!($key) => self.$key.report(span), )*
                    _ => { $( self.$inner.report(key, span); )? }
                }
            }

            fn doubt(&mut self) {
                self.doubtful = true;
            }
        }

        impl $table {
            /// Whether the table has no key that is known.
            pub fn is_blank(&self) -> bool {
                true $( && self.$key.at().is_none() )* $( && self.$inner.is_blank() )?
            }
        }

        impl Read for $table {
            const EXPECTED: &'static str = "a table";

            fn read(entry: &Entry<'_, '_>, reader: &mut Reader<'_>) -> Result<Self, Reported> {
                reader.table(entry)
            }
        }
    )*};
}

/// Declares an attribute that takes one of a few words.
macro_rules! words {
    ($( $type:ty { $( $word:literal => $value:expr, )* } as $schema:ident )*) => {$(
        impl Read for $type {
            const EXPECTED: &'static str = "a string";

            fn read(entry: &Entry<'_, '_>, reader: &mut Reader<'_>) -> Result<Self, Reported> {
                let text = String::read(entry, reader)?;
                match text.as_str() {
                    $( $word => Ok($value), )*
                    _ => Err(reader.unknown_word(entry, &text, &[$( $word, )*])),
                }
            }
        }

        /// The words in the schema.
        #[derive(Clone, Debug)]
        struct $schema;

        impl schemars::JsonSchema for $schema {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($schema).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string", "enum": [$( $word, )*] })
            }
        }
    )*};
}

pub(super) use {tables, words};
