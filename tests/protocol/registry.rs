//! Certificates of the main network.
