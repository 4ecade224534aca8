//! lab
#![no_std]
extern crate alloc;
