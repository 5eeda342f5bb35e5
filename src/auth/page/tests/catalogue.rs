//! Pages of gateways and identity providers.
