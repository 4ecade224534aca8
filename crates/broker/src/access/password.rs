//! mosquitto's password_file, read and written as it is.
//!
//! A line is `user:$6$salt$hash` with hash = SHA-512(password ‖ salt), or `user:$7$iterations$salt$hash` with hash =
//! PBKDF2-HMAC-SHA-512(password, salt, iterations), salt and hash in Base64 with padding. Empty lines, and lines that begin with `#`,
//! say nothing. Where mosquitto leaves out a line that it cannot read and goes on, the whole file is refused here: whoever edits it shall
//! hear that a user is missing, and where.

use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use core::fmt;

use base64ct::{Base64, Encoding};
use sha2::{Digest, Sha512};
use subtle::{Choice, ConstantTimeEq};

use super::line::{BadLine, Line, blank, lines};

/// Most iterations of `$7$`: one login takes about a second with them, in which the broker does nothing else. mosquitto_passwd uses 101.
pub const MAX_ITERATIONS: u32 = 500_000;

/// Bytes of a salt that mosquitto writes. Read are salts of 1 to [`MAX_SALT`] bytes.
pub const SALT_LEN: usize = 12;

/// Most bytes of a salt.
pub const MAX_SALT: usize = 64;

/// Bytes of SHA-512, the hash of both kinds.
const HASH_LEN: usize = 64;

/// Who may log in, with what. Nobody, as long as it is empty.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct PasswordFile {
    users: BTreeMap<Box<str>, Hashed>,
}

/// How a password is hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// `$6$`: one round of salted SHA-512, fast to guess. For files of old.
    Sha512,
    /// `$7$`: PBKDF2-HMAC-SHA-512.
    Pbkdf2 {
        /// 1 to [`MAX_ITERATIONS`]; others are moved there.
        iterations: u32,
    },
}

/// Why a name cannot stand in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadUser {
    /// It is empty.
    Empty,
    /// It begins with `#`, so that the line would be a comment.
    Comment,
    /// It holds a colon, which ends the name.
    Colon,
    /// It holds a control character, which could end the line.
    Control,
    /// It begins or ends with a blank, which would be cut off.
    Blank,
    /// It has more than 65,535 bytes, so that no CONNECT can hold it.
    TooLong,
}

#[derive(Clone, PartialEq, Eq)]
struct Hashed {
    kind: Kind,
    salt: Box<[u8]>,
    hash: [u8; HASH_LEN],
}

impl PasswordFile {
    /// Reads a file. The first bad line is told; then nothing of the file counts.
    pub fn parse(text: &str) -> Result<PasswordFile, BadLine> {
        let mut users = BTreeMap::new();
        for line in lines(text) {
            let Some((user, secret)) = line.text.split_once(':') else {
                return Err(line.bad("", "There is no colon. A line is a user name, a colon and what mosquitto_passwd wrote."));
            };
            let name = user.trim_matches(blank);
            judge_user(name).map_err(|bad| line.bad(line.text, format!("{bad}")))?;
            let hashed = Hashed::parse(&line, secret.trim_start_matches(blank))?;
            if users.insert(name.into(), hashed).is_some() {
                return Err(line.bad(line.text, format!("The user {name:?} has a line already. Only one of them can be right.")));
            }
        }
        Ok(PasswordFile { users })
    }

    /// Whether this is the user's password. It takes as long for a user who is not in the file as for one who is, if all lines are of
    /// one kind, so that time does not tell the names.
    pub fn verify(&self, user: &str, password: &[u8]) -> bool {
        let found = self.users.get(user);
        let Some(hashed) = found.or_else(|| self.users.values().max_by_key(|hashed| hashed.kind)) else { return false };
        let same = digest(hashed.kind, &hashed.salt, password).ct_eq(&hashed.hash);
        (same & Choice::from(u8::from(found.is_some()))).into()
    }

    /// The user has a line, the same in both.
    pub(crate) fn holds_as(&self, before: &PasswordFile, user: &str) -> bool {
        self.users.get(user).is_some_and(|hashed| before.users.get(user) == Some(hashed))
    }

    /// Gives a user a password, in place of one that there may be. `salt` should be fresh and random.
    pub fn set(&mut self, user: &str, password: &[u8], kind: Kind, salt: [u8; SALT_LEN]) -> Result<(), BadUser> {
        judge_user(user)?;
        let kind = match kind {
            Kind::Sha512 => Kind::Sha512,
            Kind::Pbkdf2 { iterations } => Kind::Pbkdf2 { iterations: iterations.clamp(1, MAX_ITERATIONS) },
        };
        let hash = digest(kind, &salt, password);
        self.users.insert(user.into(), Hashed { kind, salt: salt.into(), hash });
        Ok(())
    }

    /// Takes a user out. `false`: there was none.
    pub fn remove(&mut self, user: &str) -> bool {
        self.users.remove(user).is_some()
    }

    /// The users' names, in the order of their bytes.
    pub fn users(&self) -> impl Iterator<Item = &str> {
        self.users.keys().map(|user| &**user)
    }
}

/// Writes the file, a line for each user in the order of their names' bytes; mosquitto reads it.
impl fmt::Display for PasswordFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (user, hashed) in &self.users {
            let (salt, hash) = (Base64::encode_string(&hashed.salt), Base64::encode_string(&hashed.hash));
            match hashed.kind {
                Kind::Sha512 => writeln!(f, "{user}:$6${salt}${hash}")?,
                Kind::Pbkdf2 { iterations } => writeln!(f, "{user}:$7${iterations}${salt}${hash}")?,
            }
        }
        Ok(())
    }
}

/// Only the names: a hash in a log is a hash that can be guessed at.
impl fmt::Debug for PasswordFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.users.keys()).finish()
    }
}

impl Hashed {
    /// Reads what stands behind the colon; `secret` reaches to the end of the line.
    fn parse(line: &Line<'_>, secret: &str) -> Result<Hashed, BadLine> {
        if let Some(rest) = secret.strip_prefix("$6$") {
            return Hashed::parse_salted(line, Kind::Sha512, rest);
        }
        if let Some(rest) = secret.strip_prefix("$7$") {
            let Some((iterations, salted)) = rest.split_once('$') else {
                return Err(line.bad(rest, "The hash breaks off. $7$ is followed by iterations, $, salt, $ and hash."));
            };
            let digits = !iterations.is_empty() && iterations.bytes().all(|byte| byte.is_ascii_digit());
            return match iterations.parse() {
                Ok(iterations @ 1..=MAX_ITERATIONS) if digits => Hashed::parse_salted(line, Kind::Pbkdf2 { iterations }, salted),
                _ => Err(line.bad(rest, format!("These are no iterations. They are a number from 1 to {MAX_ITERATIONS}."))),
            };
        }
        Err(line.bad(secret, unreadable(secret)))
    }

    /// Reads `salt$hash`.
    fn parse_salted(line: &Line<'_>, kind: Kind, salted: &str) -> Result<Hashed, BadLine> {
        let Some((salt, hash)) = salted.split_once('$') else {
            return Err(line.bad(salted, "The hash breaks off. The salt is followed by $ and the hash."));
        };
        let salt_bytes = Base64::decode_vec(salt).unwrap_or_default();
        if !(1..=MAX_SALT).contains(&salt_bytes.len()) {
            return Err(line.bad(salted, format!("This is no salt. It is 1 to {MAX_SALT} bytes in Base64, with padding.")));
        }
        let hash_bytes = Base64::decode_vec(hash).unwrap_or_default();
        let Ok(hash) = <[u8; HASH_LEN]>::try_from(hash_bytes) else {
            return Err(line.bad(hash, "This is no hash. It is 64 bytes in Base64, which are 88 characters, and nothing follows it."));
        };
        Ok(Hashed { kind, salt: salt_bytes.into(), hash })
    }
}

/// What to say of a secret that is neither `$6$` nor `$7$`.
fn unreadable(secret: &str) -> String {
    if secret.is_empty() {
        return "No password follows the colon. Nobody may log in without one; mosquitto_passwd writes it.".to_owned();
    }
    let Some(rest) = secret.strip_prefix('$') else {
        return "The password is not hashed. mosquitto_passwd -U hashes the passwords of a file.".to_owned();
    };
    let name: String = rest.split('$').next().unwrap_or_default().chars().take(20).collect();
    format!("${name}$ is not read here. Known are $6$ and $7$, which mosquitto_passwd writes with -H sha512 and -H sha512-pbkdf2.")
}

/// Whether a name can stand in front of a colon in a line.
pub(crate) fn judge_user(user: &str) -> Result<(), BadUser> {
    if user.is_empty() {
        Err(BadUser::Empty)
    } else if user.starts_with('#') {
        Err(BadUser::Comment)
    } else if user.contains(':') {
        Err(BadUser::Colon)
    } else if user.contains(char::is_control) {
        Err(BadUser::Control)
    } else if user.trim_matches(blank) != user {
        Err(BadUser::Blank)
    } else if user.len() > usize::from(u16::MAX) {
        Err(BadUser::TooLong)
    } else {
        Ok(())
    }
}

fn digest(kind: Kind, salt: &[u8], password: &[u8]) -> [u8; HASH_LEN] {
    match kind {
        Kind::Sha512 => Sha512::new().chain_update(password).chain_update(salt).finalize().into(),
        Kind::Pbkdf2 { iterations } => {
            let mut hash = [0; HASH_LEN];
            pbkdf2::pbkdf2_hmac::<Sha512>(password, salt, iterations, &mut hash);
            hash
        }
    }
}

impl fmt::Display for BadUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            BadUser::Empty => "The user name is empty; it must have at least one character.",
            BadUser::Comment => "The user name begins with #, which would make its line a comment.",
            BadUser::Colon => "The user name holds a colon, which is what ends it.",
            BadUser::Control => "The user name holds a control character; a name is printable.",
            BadUser::Blank => "The user name begins or ends with a blank, which would be cut off.",
            BadUser::TooLong => "The user name is too long; 65535 bytes are the most.",
        })
    }
}

impl core::error::Error for BadUser {}
