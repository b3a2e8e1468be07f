//! Which term of the glossary a field of Kafka's is about: `locales/inspect.*.yml` say it.

use crate::lang::Lang;
use crate::locale;

/// The term of a field, if there is one.
pub(super) fn of(field: &str, lang: Lang) -> Option<String> {
    let key = ["inspect.term_of.", &field.replace('.', "_")].concat();
    Some(locale::text(&key, lang)).filter(|term| *term != key)
}
