//! Files for other tools are what these tools read, hold no secret, and come back as the rows that they were made of.
#[path = "../common/mod.rs"]
mod common;
mod drawn;
mod house;
mod imported;
mod made;
mod read_by_tshark;
mod secrets;
mod tshark;
