//! Users and rights, from the texts of their files.

use alloc::string::{String, ToString};
use alloc::sync::Arc;

use broker::access::scram::CredentialFile;
use broker::access::{Access, Acl, BadLine, PasswordFile};
use contract::{AccessSpec, Refusal};

use super::Bench;
use super::check::{Result, bad};
use crate::pace::Wall;
use crate::world::Input;

impl Bench {
    /// All of the texts are read before any of them counts. Like all else from outside it is an input, so that a replay does the same.
    pub(super) fn set_access(&mut self, wall: Wall, spec: &AccessSpec) -> Result<()> {
        let most = self.config.max_access_bytes;
        let access = Access {
            passwords: read(most, "password_file", spec.password_file.as_deref(), PasswordFile::parse)?,
            acl: read(most, "acl_file", spec.acl_file.as_deref(), Acl::parse)?,
            scram: read(most, "scram_file", spec.scram_file.as_deref(), CredentialFile::parse)?,
            allow_anonymous: spec.allow_anonymous,
        };
        self.post(wall, Input::Access(Arc::new(access)));
        self.catch_up(wall);
        Ok(())
    }

    /// Has these users and rights count in a world that has others.
    pub(super) fn keep_access(&mut self, wall: Wall, access: Arc<Access>) {
        if *self.world.broker().access() != access {
            self.post(wall, Input::Access(access));
            self.catch_up(wall);
        }
    }
}

fn read<T>(most: usize, field: &str, text: Option<&str>, parse: impl Fn(&str) -> core::result::Result<T, BadLine>) -> Result<Option<T>> {
    let Some(text) = text else { return Ok(None) };
    if text.len() > most {
        return Err(Refusal::Limit { name: String::from("max_access_bytes"), value: most as u64 });
    }
    parse(text).map(Some).map_err(|line| bad(field, &line.to_string()))
}
