//! SCRAM-SHA-256, the client's side: for simulated clients and tests.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use base64ct::{Base64, Encoding};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::{Key, MAX_ITERATIONS, MIN_ITERATIONS, Refused, client_key, is_nonce, key, mac, number, salted, server_key, utf8, xor};

/// A client that has said its first message.
#[derive(Clone)]
pub struct ScramClient {
    password: Vec<u8>,
    nonce: String,
    bare: String,
}

/// A client that has proved itself and waits for the server's proof.
#[derive(Clone)]
pub struct Waiting {
    server_signature: Key,
}

/// Before the user name: no channel binding, and nobody else to act as.
const HEADER: &str = "n,,";

impl ScramClient {
    /// Begins. `nonce` must be fresh, random and printable without commas. Gives the first message, for CONNECT.
    pub fn first(user: &str, password: &[u8], nonce: &str) -> Result<(ScramClient, Vec<u8>), Refused> {
        if user.is_empty() {
            return Err(Refused::Malformed("The user name is empty; it must have at least one character."));
        }
        if !is_nonce(nonce) {
            return Err(Refused::Nonce);
        }
        let user = user.replace('=', "=3D").replace(',', "=2C");
        let bare = format!("n={user},r={nonce}");
        let first = format!("{HEADER}{bare}").into_bytes();
        Ok((ScramClient { password: password.into(), nonce: nonce.into(), bare }, first))
    }

    /// Takes the challenge and gives the last message, for AUTH.
    pub fn last(self, server_first: &[u8]) -> Result<(Waiting, Vec<u8>), Refused> {
        const CHALLENGE: Refused = Refused::Malformed("The challenge is r=, s= and i=: nonce, salt in Base64, iterations.");
        let server_first = utf8(server_first)?;
        if server_first.starts_with("m=") {
            return Err(Refused::Extension);
        }
        if let Some(error) = server_first.strip_prefix("e=") {
            return Err(Refused::Server(error.into()));
        }
        let mut attributes = server_first.split(',');
        let mut next = |name: &str| attributes.next().and_then(|attribute| attribute.strip_prefix(name)).ok_or(CHALLENGE);
        let (nonce, salt, iterations) = (next("r=")?, next("s=")?, next("i=")?);
        // A nonce that the server added nothing to could be one that somebody overheard.
        if nonce.len() <= self.nonce.len() || !nonce.starts_with(&self.nonce) || !is_nonce(nonce) {
            return Err(Refused::Nonce);
        }
        let salt = Base64::decode_vec(salt).ok().filter(|salt| !salt.is_empty()).ok_or(CHALLENGE)?;
        let iterations = number(iterations).ok_or(CHALLENGE)?;
        if !(MIN_ITERATIONS..=MAX_ITERATIONS).contains(&iterations) {
            return Err(Refused::Iterations);
        }
        let salted = salted(&self.password, &salt, iterations);
        let unsigned = format!("c={},r={nonce}", Base64::encode_string(HEADER.as_bytes()));
        let signed = format!("{},{server_first},{unsigned}", self.bare);
        let client_key = client_key(&salted);
        let stored_key: Key = Sha256::digest(client_key).into();
        let proof = xor(client_key, mac(&stored_key, &[signed.as_bytes()]));
        let last = format!("{unsigned},p={}", Base64::encode_string(&proof)).into_bytes();
        Ok((Waiting { server_signature: mac(&server_key(&salted), &[signed.as_bytes()]) }, last))
    }
}

impl Waiting {
    /// Takes the server's last message, which comes with CONNACK or AUTH 0x00. `Ok`: the server knows the password's keys.
    pub fn verify(self, server_final: &[u8]) -> Result<(), Refused> {
        let server_final = utf8(server_final)?;
        if let Some(error) = server_final.strip_prefix("e=") {
            return Err(Refused::Server(error.into()));
        }
        let signature = server_final.strip_prefix("v=").and_then(|value| key(value.split(',').next().unwrap_or_default()));
        let signature = signature.ok_or(Refused::Malformed("The server's last message is v= and 32 bytes in Base64."))?;
        if bool::from(signature.ct_eq(&self.server_signature)) { Ok(()) } else { Err(Refused::Proof) }
    }
}

/// Without the password.
impl fmt::Debug for ScramClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScramClient").field("first", &self.bare).finish_non_exhaustive()
    }
}

impl fmt::Debug for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Waiting").finish_non_exhaustive()
    }
}
