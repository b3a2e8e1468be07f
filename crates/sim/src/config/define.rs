//! The macros that make a struct, its defaults, its setter and its rows of the table from one list.

/// A value as the table shows it.
macro_rules! default_value {
    (u64, $default:expr) => {
        $crate::config::Value::Number($default)
    };
    (i64, $default:expr) => {
        $crate::config::Value::Number($default)
    };
    (Rack, $default:expr) => {
        $crate::config::Value::Rack($default)
    };
    (Ratio, $default:expr) => {
        $crate::config::Value::Ratio($default)
    };
    (i32, $default:expr) => {
        $crate::config::Value::Number($default)
    };
    (bool, $default:expr) => {
        $crate::config::Value::Flag($default)
    };
    ($word:ident, $default:expr) => {
        $crate::config::Value::Word($default.name())
    };
}

/// Makes a configuration struct with a field for each line, and the table `SIMULATED` with a row for each.
///
/// A line: `"doc" field: type = default, "kafka.name" (least, largest)? since "version" (was "old" until "version")*;`
macro_rules! simulated {
    (
        $(#[$attribute:meta])*
        $struct:ident of $scope:expr;
        $(
            $doc:literal
            $field:ident: $type:ident = $default:expr, $name:literal $(($least:expr, $largest:expr))?
                since $since:literal $(was $old:literal until $until:literal)*;
        )*
    ) => {
        $(#[$attribute])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $struct {
            $(
                #[doc = concat!("`", $name, "`: ", $doc)]
                pub $field: $type,
            )*
        }

        impl Default for $struct {
            /// Kafka 4.3's defaults.
            fn default() -> $struct {
                $struct { $($field: $default,)* }
            }
        }

        impl $struct {
            /// Sets the configuration `name` (Kafka's name) from a text. The checks across names are
            #[doc = concat!("[`", stringify!($struct), "::from_pairs`]'s.")]
            ///
            /// # Errors
            /// An unknown name, a text of another type, a number out of range, or something that is not simulated yet.
            pub fn set(&mut self, name: &str, value: &str) -> Result<(), $crate::config::ConfigError> {
                match name {
                    $($name => self.$field = $crate::config::config_of($scope, name)?.parse(value)?,)*
                    _ => $crate::config::set_not_simulated($scope, name, value)?,
                }
                Ok(())
            }

            /// The value of the configuration `name` (Kafka's name), as a configuration file has it.
            ///
            /// # Errors
            /// An unknown name.
            pub fn get(&self, name: &str) -> Result<$crate::config::Value, $crate::config::ConfigError> {
                match name {
                    $($name => Ok($crate::config::value::ConfigValue::value(self.$field)),)*
                    _ => $crate::config::config_of($scope, name).map(|config| config.default),
                }
            }

            /// Defaults, changed by `pairs` of names and values; then the checks across names, which know what was set
            /// and what was left to its default.
            ///
            /// # Errors
            #[doc = concat!("Those of [`", stringify!($struct), "::set`], and values that do not go together.")]
            pub fn from_pairs<'a>(
                pairs: impl IntoIterator<Item = (&'a str, &'a str)>,
            ) -> Result<$struct, $crate::config::ConfigError> {
                let mut config = $struct::default();
                let mut given = crate::sorted::SortedSet::new();
                for (name, value) in pairs {
                    config.set(name, value)?;
                    given.insert(name);
                }
                config.settle(&given)?;
                Ok(config)
            }
        }

        /// The rows of the configurations that the simulation heeds.
        pub(super) const SIMULATED: &[$crate::config::ConfigDef] = &[$(
            $crate::config::ConfigDef {
                scope: $scope,
                name: $name,
                default: $crate::config::define::default_value!($type, $default),
                range: $crate::config::define::range!($(($least, $largest))?),
                words: <$type as $crate::config::value::ConfigValue>::WORDS,
                #[cfg(not(target_arch = "wasm32"))]
                since: $since,
                #[cfg(not(target_arch = "wasm32"))]
                older_defaults: &[$($crate::config::OlderDefault { default: $old, until: $until },)*],
                simulated: true,
                #[cfg(not(target_arch = "wasm32"))]
                doc: $doc,
            },
        )*];
    };
}

macro_rules! range {
    () => {
        None
    };
    (($least:expr, $largest:expr)) => {
        Some(($least, $largest))
    };
}

/// Makes the table `NOT_YET`, of configurations that are known and have no effect.
///
/// A line: `"doc" default, "kafka.name" since "version" (was "old" until "version")*;`
macro_rules! not_simulated_yet {
    (
        $scope:expr;
        $($doc:literal $default:expr, $name:literal since $since:literal $(was $old:literal until $until:literal)*;)*
    ) => {
        /// The rows of the configurations that are known and have no effect yet.
        pub(super) const NOT_YET: &[$crate::config::ConfigDef] = &[$(
            $crate::config::ConfigDef {
                scope: $scope,
                name: $name,
                default: $default,
                range: None,
                words: &[],
                #[cfg(not(target_arch = "wasm32"))]
                since: $since,
                #[cfg(not(target_arch = "wasm32"))]
                older_defaults: &[$($crate::config::OlderDefault { default: $old, until: $until },)*],
                simulated: false,
                #[cfg(not(target_arch = "wasm32"))]
                doc: $doc,
            },
        )*];
    };
}

pub(super) use {default_value, not_simulated_yet, range, simulated};
