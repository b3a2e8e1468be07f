//! The page and the embeddable element.
