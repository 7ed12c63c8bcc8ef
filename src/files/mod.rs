//! What makes a file trustworthy: it appears whole or not at all
//! ([`mod@write`]), and a change of any of its bytes is noticed ([`seal`]).

pub mod digest;
pub mod seal;
pub mod write;
