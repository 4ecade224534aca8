//! The users who log in with SCRAM, as a text: a line of the form of a password_file for each, with a [`Credential`] behind the colon.
//!
//! mosquitto has no such file, and its own cannot serve: no credential can be made from its hashes, only from the password.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::format;
use core::fmt;

use super::Credential;
use crate::access::line::{BadLine, blank, lines};
use crate::access::password::{BadUser, judge_user};

/// Who may log in with SCRAM. Nobody, as long as it is empty.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct CredentialFile {
    users: BTreeMap<Box<str>, Credential>,
}

impl CredentialFile {
    /// Reads a file of lines `user:SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey`, with comments like a password_file. The first bad
    /// line is told; then nothing of the file counts.
    pub fn parse(text: &str) -> Result<CredentialFile, BadLine> {
        let mut users = BTreeMap::new();
        for line in lines(text) {
            let Some((user, rest)) = line.text.split_once(':') else {
                return Err(line.bad("", "There is no colon. A line is a user name, a colon and a SCRAM-SHA-256 credential."));
            };
            let name = user.trim_matches(blank);
            judge_user(name).map_err(|bad| line.bad(line.text, format!("{bad}")))?;
            let rest = rest.trim_start_matches(blank);
            let Some(credential) = Credential::parse(rest) else {
                return Err(line.bad(rest, "This is no credential. It is SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey."));
            };
            if users.insert(name.into(), credential).is_some() {
                return Err(line.bad(line.text, format!("The user {name:?} has a line already. Only one of them can be right.")));
            }
        }
        Ok(CredentialFile { users })
    }

    /// What is kept of a user, for [`super::Scram::first`].
    pub fn find(&self, user: &str) -> Option<&Credential> {
        self.users.get(user)
    }

    /// Gives a user a credential, in place of one that there may be.
    pub fn set(&mut self, user: &str, credential: Credential) -> Result<(), BadUser> {
        judge_user(user)?;
        self.users.insert(user.into(), credential);
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

/// Writes the file, a line for each user in the order of their names' bytes.
impl fmt::Display for CredentialFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.users.iter().try_for_each(|(user, credential)| writeln!(f, "{user}:{credential}"))
    }
}

/// Only the names.
impl fmt::Debug for CredentialFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.users.keys()).finish()
    }
}
