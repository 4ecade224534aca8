//! Who may connect, and who may do what: passwords, rights per topic, and SCRAM-SHA-256.
//!
//! Nothing here has a clock, a file or randomness: texts of files, salts and nonces are given. A file that cannot be read is an error and
//! never open access, an empty one lets nobody in (the faults of CVE-2018-12550 and CVE-2018-12551). An open broker is one without files:
//! [`Access::default`].
//!
//! Where the broker asks:
//!
//! | when | question | if not |
//! |---|---|---|
//! | CONNECT, before a session is touched | [`Access::login`] | CONNACK 0x86 (v3: 4) or 0x87 (v3: 5), close |
//! | CONNECT with Authentication Method | [`scram::Scram::first`], then AUTH, then [`scram::Scram::last`] | CONNACK 0x8C for another method, else 0x87, close |
//! | PUBLISH, before it is retained or routed | [`Access::allows`] `Write`, Topic Name with the alias resolved | PUBACK, PUBREC 0x87; QoS 0 and v3: acknowledged and dropped |
//! | SUBSCRIBE, per filter | `Subscribe`, [`mqtt::TopicFilter::pattern`], which leaves a share name out | SUBACK 0x87 (v3.1.1: 0x80) |
//! | each delivery, live, from a queue, sent again, retained | `Read`, Topic Name, as the receiving client | not sent to this client, no code |
//! | a will, when it is sent | `Write`, Will Topic, as the client that left it | not published |
//! | a retained message, when it is sent | `Read` as the receiver **and** `Write` as the one who published it, as its rights are now | not sent |
//!
//! A connection whose login is gone from the files is ended when they are replaced, see [`crate::Input::Access`].
//!
//! Asked at the moment itself, and never remembered: so a right that is taken away counts for subscriptions, queues, wills and retained
//! messages that are older (the faults of CVE-2018-12546 and CVE-2021-34434).

mod acl;
mod line;
mod password;
mod rule;
pub mod scram;

use core::fmt;

pub use acl::{Acl, Action, Who};
pub use line::BadLine;
pub use password::{BadUser, Kind, MAX_ITERATIONS, MAX_SALT, PasswordFile, SALT_LEN};

/// What the broker lets whom do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// Who may log in with user name and password; `None` without `scram`: names are not checked, so `allow_anonymous` decides for them
    /// too.
    pub passwords: Option<PasswordFile>,
    /// Who may log in with SCRAM-SHA-256; `None`: it is not offered, and its Authentication Method is answered with 0x8C.
    pub scram: Option<scram::CredentialFile>,
    /// Rights per topic; `None`: everybody may do everything.
    pub acl: Option<Acl>,
    /// Whether clients without a user name may connect.
    pub allow_anonymous: bool,
}

/// Why a client may not connect. Which of name and password is wrong is not told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoginRefused {
    /// No user name, and it takes one: 0x87 Not authorized (v3: 5).
    Anonymous,
    /// No such user, no password, or not the right one: 0x86 Bad User Name or Password (v3: 4).
    BadUserNameOrPassword,
}

/// Open: everybody may connect and do everything.
impl Default for Access {
    fn default() -> Access {
        Access { passwords: None, scram: None, acl: None, allow_anonymous: true }
    }
}

impl Access {
    /// Judges user name and password of a CONNECT. A password without a user name, as 5.0 allows it, proves nothing.
    ///
    /// As with mosquitto, a user name is not checked if there is nothing to check it with: then anybody can take any name, and with it the
    /// rights that [`Access::acl`] gives that name. With `scram` alone a name is proved by SCRAM or not at all.
    ///
    /// Not for a CONNECT with an Authentication Method: there [`scram::Scram`] judges, and [`scram::Scram::user`] is who it is.
    pub fn login(&self, user: Option<&str>, password: Option<&[u8]>) -> Result<(), LoginRefused> {
        let may = match (&self.passwords, user) {
            (Some(passwords), Some(user)) => password.is_some_and(|password| passwords.verify(user, password)),
            (None, Some(_)) => self.allow_anonymous && self.scram.is_none(),
            (_, None) => self.allow_anonymous,
        };
        match (may, user) {
            (true, _) => Ok(()),
            (false, None) => Err(LoginRefused::Anonymous),
            (false, Some(_)) => Err(LoginRefused::BadUserNameOrPassword),
        }
    }

    /// Whether a client that logged in under `before` could do so now in the same way; `by_scram`: with an Authentication Method. Its
    /// password is not kept, so a line that has changed is a password that must be shown anew.
    pub(crate) fn holds(&self, before: &Access, user: Option<&str>, by_scram: bool) -> bool {
        match (user, &self.passwords) {
            (Some(user), _) if by_scram => self.holds_scram(before, user),
            (Some(user), Some(passwords)) => before.passwords.as_ref().is_some_and(|before| passwords.holds_as(before, user)),
            (Some(_), None) => self.allow_anonymous && self.scram.is_none(),
            (None, _) => self.allow_anonymous,
        }
    }

    /// The same for a client that is challenged or was: what is kept of its password is the same.
    pub(crate) fn holds_scram(&self, before: &Access, user: &str) -> bool {
        let find = |access: &Access| access.scram.as_ref().and_then(|scram| scram.find(user).cloned());
        self.scram.is_some() && find(self) == find(before)
    }

    /// About how many bytes it takes.
    pub fn weight(&self) -> usize {
        let passwords = self.passwords.as_ref().map_or(0, |passwords| passwords.users().count());
        let scram = self.scram.as_ref().map_or(0, |scram| scram.users().count());
        let rules = self.acl.as_ref().map_or(0, Acl::len);
        passwords.saturating_add(scram).saturating_add(rules).saturating_mul(256)
    }

    /// Whether `who` may do this: see [`Acl::allows`].
    #[inline]
    pub fn allows(&self, who: &Who<'_>, action: Action, topic: &str) -> bool {
        match &self.acl {
            None => true,
            Some(acl) => acl.allows(who, action, topic),
        }
    }

    /// Whether everybody may do everything: then there is no need to find out who asks.
    #[inline]
    pub fn is_open(&self) -> bool {
        self.acl.is_none()
    }
}

impl fmt::Display for LoginRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            LoginRefused::Anonymous => "This broker takes only clients with a user name and password.",
            LoginRefused::BadUserNameOrPassword => "The user name is not known, or the password is not the right one.",
        })
    }
}

impl core::error::Error for LoginRefused {}
