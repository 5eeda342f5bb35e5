//! Pages made to hurt.
