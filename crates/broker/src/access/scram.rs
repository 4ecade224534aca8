//! SCRAM-SHA-256 for MQTT's enhanced authentication (RFC 5802, RFC 7677), the broker's side; [`client`] has the other.
//!
//! ```text
//! client                                    broker
//! CONNECT, client-first      ──────────▶    Scram::first: finds the user, makes a challenge
//!                            ◀──────────    AUTH 0x18, server-first
//! AUTH 0x18, client-final    ──────────▶    Scram::last: the client has proved that it knows the password
//!                            ◀──────────    CONNACK, server-final: so has the broker
//! ```
//!
//! The password never crosses the wire, and what is kept of it does not log in. Names are not told apart: who is not known gets a
//! challenge like everybody, the same each time, and fails where a wrong password fails. Names and passwords are compared as bytes, like
//! all texts of MQTT, without SASLprep; for ASCII it makes no difference. Channel binding is not offered.

pub mod client;
mod file;

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use base64ct::{Base64, Encoding};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};

pub use file::CredentialFile;

/// The name of the method, as it stands in Authentication Method.
pub const METHOD: &str = "SCRAM-SHA-256";

/// Fewest iterations [RFC 7677, 4], and what is usual.
pub const MIN_ITERATIONS: u32 = 4_096;

/// Most iterations: a client works for a second or two with them, and the broker as long when a password is set.
pub const MAX_ITERATIONS: u32 = 1_000_000;

/// Bytes of a salt: the same for all, or its length would tell whether a name is known.
pub const SALT_LEN: usize = 16;

/// Bytes of SHA-256.
const KEY_LEN: usize = 32;

type Key = [u8; KEY_LEN];

/// What the broker keeps of a password.
#[derive(Clone, PartialEq, Eq)]
pub struct Credential {
    salt: [u8; SALT_LEN],
    iterations: u32,
    stored_key: Key,
    server_key: Key,
}

/// What names that are not known are answered with.
#[derive(Clone)]
pub struct Decoy {
    /// Random, secret, the same as long as the broker lives.
    pub key: [u8; 32],
    /// What the credentials of the known have.
    pub iterations: u32,
}

/// A client that has been challenged and owes the proof.
#[derive(Clone)]
pub struct Scram {
    user: String,
    credential: Credential,
    known: bool,
    /// What `c=` must say: the client's first words, in Base64.
    binding: String,
    nonce: String,
    /// The messages so far, as far as they are signed.
    signed: String,
}

/// Why an exchange ends. All of them are 0x87 Not authorized to an MQTT client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// A message is not what the standard says.
    Malformed(&'static str),
    /// Channel binding is asked for; `n` and `y` are what may stand there.
    ChannelBinding,
    /// The client wants to act as somebody else.
    ActsAsOther,
    /// A mandatory extension, of which none is known.
    Extension,
    /// The nonce is not that of this exchange, or holds a comma or what is not printable.
    Nonce,
    /// The proof is wrong: no such user, or not the right password.
    Proof,
    /// The iterations are too many or too few. Said by a client.
    Iterations,
    /// What the server said with `e=`. Said by a client.
    Server(String),
}

impl Credential {
    /// What to keep of a password. `salt` should be fresh and random; `iterations` are moved to [`MIN_ITERATIONS`] or [`MAX_ITERATIONS`]
    /// if they are beyond.
    pub fn new(password: &[u8], salt: [u8; SALT_LEN], iterations: u32) -> Credential {
        let iterations = iterations.clamp(MIN_ITERATIONS, MAX_ITERATIONS);
        let salted = salted(password, &salt, iterations);
        let stored_key = Sha256::digest(client_key(&salted)).into();
        Credential { salt, iterations, stored_key, server_key: server_key(&salted) }
    }

    /// Reads what [`Credential`] writes as text: `SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey`, as PostgreSQL keeps it (after RFC
    /// 5803). `None` for anything else.
    pub fn parse(text: &str) -> Option<Credential> {
        let (method, rest) = text.split_once('$')?;
        let (challenge, keys) = rest.split_once('$')?;
        let (iterations, salt) = challenge.split_once(':')?;
        let (stored_key, server_key) = keys.split_once(':')?;
        let iterations = number(iterations).filter(|iterations| (MIN_ITERATIONS..=MAX_ITERATIONS).contains(iterations))?;
        let salt = Base64::decode_vec(salt).ok()?.try_into().ok()?;
        let (stored_key, server_key) = (key(stored_key)?, key(server_key)?);
        (method == METHOD).then_some(Credential { salt, iterations, stored_key, server_key })
    }

    /// A challenge for a name that is not known: the same each time, and nobody can answer it.
    fn decoy(decoy: &Decoy, user: &str) -> Credential {
        let made = |what: &str| mac(&decoy.key, &[what.as_bytes(), user.as_bytes()]);
        let mut salt = [0; SALT_LEN];
        for (to, from) in salt.iter_mut().zip(made("salt ")) {
            *to = from;
        }
        let iterations = decoy.iterations.clamp(MIN_ITERATIONS, MAX_ITERATIONS);
        Credential { salt, iterations, stored_key: made("stored "), server_key: made("server ") }
    }
}

impl Decoy {
    /// A key that follows from a seed, and the usual iterations.
    pub fn new(seed: u64) -> Decoy {
        let key = Sha256::digest([b"GlassMQ".as_slice(), &seed.to_be_bytes()].concat()).into();
        Decoy { key, iterations: MIN_ITERATIONS }
    }

    /// Bytes that look like chance to whoever has not the key.
    pub(crate) fn draw(&self, purpose: &str, count: u64) -> [u8; 32] {
        mac(&self.key, &[b"draw ", purpose.as_bytes(), &count.to_be_bytes()])
    }
}

impl Scram {
    /// Takes the client's first message and gives the challenge. `server_nonce` must be fresh, random and printable without commas, 18
    /// characters or more of Base64. `lookup` finds what is kept of a user.
    pub fn first(
        client_first: &[u8],
        server_nonce: &str,
        decoy: &Decoy,
        lookup: impl FnOnce(&str) -> Option<Credential>,
    ) -> Result<(Scram, Vec<u8>), Refused> {
        let text = utf8(client_first)?;
        let first = ClientFirst::parse(text)?;
        if !is_nonce(first.nonce) || !is_nonce(server_nonce) {
            return Err(Refused::Nonce);
        }
        let found = lookup(&first.user);
        let known = found.is_some();
        let credential = found.unwrap_or_else(|| Credential::decoy(decoy, &first.user));
        let nonce = format!("{}{server_nonce}", first.nonce);
        let salt = Base64::encode_string(&credential.salt);
        let server_first = format!("r={nonce},s={salt},i={}", credential.iterations);
        let signed = format!("{},{server_first}", first.bare);
        let binding = Base64::encode_string(first.header.as_bytes());
        Ok((Scram { user: first.user, credential, known, binding, nonce, signed }, server_first.into_bytes()))
    }

    /// Takes the client's last message. If it proves that the client knows the password, gives the message that proves the same of the
    /// broker.
    pub fn last(self, client_final: &[u8]) -> Result<Vec<u8>, Refused> {
        let (unsigned, proof) =
            utf8(client_final)?.rsplit_once(",p=").ok_or(Refused::Malformed("The last message ends with p=, the proof."))?;
        let mut attributes = unsigned.split(',');
        let binding = attributes.next().and_then(|attribute| attribute.strip_prefix("c="));
        if binding.ok_or(Refused::Malformed("The last message begins with c=, the channel binding."))? != self.binding {
            return Err(Refused::ChannelBinding);
        }
        let nonce = attributes.next().and_then(|attribute| attribute.strip_prefix("r="));
        if nonce.ok_or(Refused::Malformed("The nonce, r=, follows the channel binding."))? != self.nonce {
            return Err(Refused::Nonce);
        }
        let proof = key(proof).ok_or(Refused::Malformed("The proof, p=, is 32 bytes in Base64, and the last of the message."))?;
        let signed = [self.signed.as_bytes(), b",", unsigned.as_bytes()];
        let client_key = xor(proof, mac(&self.credential.stored_key, &signed));
        let stored_key: Key = Sha256::digest(client_key).into();
        let right = stored_key.ct_eq(&self.credential.stored_key) & Choice::from(u8::from(self.known));
        if !bool::from(right) {
            return Err(Refused::Proof);
        }
        Ok(format!("v={}", Base64::encode_string(&mac(&self.credential.server_key, &signed))).into_bytes())
    }

    /// Who wants to be let in; proved by [`Scram::last`] only.
    pub fn user(&self) -> &str {
        &self.user
    }
}

/// The client's first message: `n,,n=user,r=nonce`.
struct ClientFirst<'a> {
    /// Channel binding and the name to act as, with both commas.
    header: &'a str,
    /// What follows the header, which is signed.
    bare: &'a str,
    user: String,
    nonce: &'a str,
}

impl<'a> ClientFirst<'a> {
    fn parse(text: &'a str) -> Result<ClientFirst<'a>, Refused> {
        const HEADER: Refused = Refused::Malformed("The first message begins with n,, or y,, and goes on with n=, the user name.");
        let (flag, rest) = text.split_once(',').ok_or(HEADER)?;
        match flag {
            "n" | "y" => {}
            _ if flag.starts_with("p=") => return Err(Refused::ChannelBinding),
            _ => return Err(HEADER),
        }
        let (acts_as, bare) = rest.split_once(',').ok_or(HEADER)?;
        let header = text.strip_suffix(bare).ok_or(HEADER)?;
        let mut attributes = bare.split(',');
        let name = attributes.next().unwrap_or_default();
        if name.starts_with("m=") {
            return Err(Refused::Extension);
        }
        let user = unescape(name.strip_prefix("n=").ok_or(HEADER)?)?;
        if !acts_as.is_empty() && unescape(acts_as.strip_prefix("a=").ok_or(HEADER)?)? != user {
            return Err(Refused::ActsAsOther);
        }
        let nonce = attributes.next().and_then(|attribute| attribute.strip_prefix("r="));
        let nonce = nonce.ok_or(Refused::Malformed("The nonce, r=, follows the user name."))?;
        Ok(ClientFirst { header, bare, user, nonce })
    }
}

/// A name as it stands in a message: `=2C` is a comma, `=3D` is an equals sign, and no other `=` may be there [RFC 5802, 5.1].
fn unescape(name: &str) -> Result<String, Refused> {
    if name.is_empty() {
        return Err(Refused::Malformed("The user name is empty; it must have at least one character."));
    }
    let mut parts = name.split('=');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (letter, rest) = match (part.strip_prefix("2C"), part.strip_prefix("3D")) {
            (Some(rest), _) => (',', rest),
            (_, Some(rest)) => ('=', rest),
            _ => return Err(Refused::Malformed("In a name a comma is =2C and an equals sign is =3D; no other = may be there.")),
        };
        plain.push(letter);
        plain.push_str(rest);
    }
    Ok(plain)
}

fn utf8(message: &[u8]) -> Result<&str, Refused> {
    core::str::from_utf8(message).map_err(|_| Refused::Malformed("The message is not UTF-8."))
}

fn is_nonce(nonce: &str) -> bool {
    !nonce.is_empty() && nonce.bytes().all(|byte| byte.is_ascii_graphic() && byte != b',')
}

/// A number without sign and leading zero.
fn number(digits: &str) -> Option<u32> {
    let clean = digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0');
    digits.parse().ok().filter(|_| clean)
}

fn key(base64: &str) -> Option<Key> {
    Base64::decode_vec(base64).ok()?.try_into().ok()
}

fn salted(password: &[u8], salt: &[u8], iterations: u32) -> Key {
    let mut salted = [0; KEY_LEN];
    pbkdf2::pbkdf2_hmac::<Sha256>(password, salt, iterations, &mut salted);
    salted
}

fn client_key(salted: &Key) -> Key {
    mac(salted, &[b"Client Key"])
}

fn server_key(salted: &Key) -> Key {
    mac(salted, &[b"Server Key"])
}

/// HMAC-SHA-256 of all the parts, one after the other.
fn mac(key: &Key, parts: &[&[u8]]) -> Key {
    // HMAC itself fills a short key up with zeros to the block of 64 bytes. Done here, the key has the one length that cannot be refused.
    let mut block = [0; 64];
    for (to, from) in block.iter_mut().zip(key) {
        *to = *from;
    }
    let mac = parts.iter().fold(Hmac::<Sha256>::new(&block.into()), |mac, part| mac.chain_update(part));
    mac.finalize().into_bytes().into()
}

fn xor(mut left: Key, right: Key) -> Key {
    for (to, from) in left.iter_mut().zip(right) {
        *to ^= from;
    }
    left
}

/// Writes what [`Credential::parse`] reads.
impl fmt::Display for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [salt, stored, server] = [&self.salt[..], &self.stored_key[..], &self.server_key[..]].map(Base64::encode_string);
        write!(f, "{METHOD}${}:{salt}${stored}:{server}", self.iterations)
    }
}

/// Without the keys: who has them can play the broker, or guess at the password.
impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential").field("iterations", &self.iterations).finish_non_exhaustive()
    }
}

impl fmt::Debug for Decoy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decoy").field("iterations", &self.iterations).finish_non_exhaustive()
    }
}

impl fmt::Debug for Scram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scram").field("user", &self.user).finish_non_exhaustive()
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Refused::Malformed(what) => what,
            Refused::ChannelBinding => "Channel binding is not offered here; the first message begins with n or y, and c= repeats it.",
            Refused::ActsAsOther => "Nobody may act as another user here; a= is left out.",
            Refused::Extension => "A mandatory extension, m=, is asked for; none is known.",
            Refused::Nonce => "The nonce is not that of this exchange; it is printable, without commas, and repeated as it came.",
            Refused::Proof => "The user name is not known, or the password is not the right one.",
            Refused::Iterations => "The server asks for too few or too many iterations; 4096 to 1000000 are done.",
            Refused::Server(what) => return write!(f, "The server refuses: {what}."),
        })
    }
}

impl core::error::Error for Refused {}
