//! mosquitto's acl_file, read as it is.
//!
//! ```text
//! topic [read|write|readwrite|deny] FILTER      for clients without a user name, before the first `user`
//! user NAME                                     the topics that follow are this user's
//! topic [read|write|readwrite|deny] FILTER
//! pattern [read|write|readwrite|deny] FILTER    for everybody; %c is the Client Identifier, %u the user name
//! ```
//!
//! In the order of mosquitto 2: the client's own `deny` topics, its other topics, the `deny` patterns, the other patterns; the first that
//! speaks decides, and if none does the answer is no. So a `deny` wins within topics and within patterns, and a topic that is granted to
//! a user wins over a pattern that denies it. As in MQTT, only what begins with `$` itself speaks of topics that begin with `$`.
//!
//! **Names that would widen a pattern** (the fault of CVE-2017-7650). A client whose user name or Client Identifier holds `+` or `#` is
//! refused wherever patterns are asked, as by mosquitto. Beyond that, an empty name and one with a `/` are granted nothing by a pattern
//! that uses them, for they would reach levels that the pattern does not name; a pattern that denies still takes them as they are.
//!
//! **Subscribing** is allowed, as by mosquitto, because each message is asked for with [`Action::Read`] when it is delivered: so a
//! dashboard may subscribe to `#` and sees what it may see, and a right that is taken away counts at once. It is refused where a `deny`
//! covers all that the filter could match and nothing that the client may read by a rule before it overlaps the filter: then no message
//! could ever come, and an answer is better than silence.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use hashbrown::HashMap;
use mqtt::TopicFilter;

use super::line::{BadLine, Line, blank, lines};
use super::rule::{Grant, Rule};
use crate::state::Hasher;

/// Who may do what with which topics. Nobody anything, as long as it is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Acl {
    anonymous: Rules,
    users: HashMap<Box<str>, Rules, Hasher>,
    patterns: Rules,
}

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Who<'a> {
    /// The user name of its CONNECT, `None` without one.
    pub user: Option<&'a str>,
    /// Its Client Identifier, be it assigned.
    pub client: &'a str,
}

/// What someone wants to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Get a message of this topic, live, from a queue or retained.
    Read,
    /// Publish to this topic, be it by a will.
    Write,
    /// Subscribe to this filter; of a shared subscription the filter behind the share name.
    Subscribe,
}

/// The rules of one list, those that deny apart because they come first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Rules {
    denies: Vec<Rule>,
    grants: Vec<Rule>,
}

impl Acl {
    /// Reads a file. The first bad line is told; then nothing of the file counts.
    pub fn parse(text: &str) -> Result<Acl, BadLine> {
        let mut acl = Acl::default();
        let mut user: Option<&str> = None;
        for line in lines(text) {
            let rest = line.text.trim_start_matches(' ');
            let (word, after) = rest.split_once(' ').unwrap_or((rest, ""));
            match word {
                "user" => user = Some(parse_user(&line, after)?),
                "topic" => {
                    let rules = match user {
                        None => &mut acl.anonymous,
                        Some(user) => acl.users.entry_ref(user).or_default(),
                    };
                    rules.add(parse_rule(&line, after, false)?);
                }
                "pattern" => acl.patterns.add(parse_rule(&line, after, true)?),
                _ => return Err(line.bad(rest, unknown_word(word))),
            }
        }
        Ok(acl)
    }

    /// Number of rules: lines that begin with `topic` or `pattern`.
    pub fn len(&self) -> usize {
        let users = self.users.values().map(Rules::len).fold(0, usize::saturating_add);
        users.saturating_add(self.anonymous.len()).saturating_add(self.patterns.len())
    }

    /// There is no rule: nobody may do anything.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether `who` may do this. `topic` is a Topic Name for [`Action::Read`] and [`Action::Write`], else a Topic Filter.
    pub fn allows(&self, who: &Who<'_>, action: Action, topic: &str) -> bool {
        let own = match who.user {
            None => Some(&self.anonymous),
            Some(user) => self.users.get(user),
        };
        if let Some(verdict) = own.and_then(|rules| rules.judge(who, action, topic)) {
            return verdict;
        }
        let unless_said = action == Action::Subscribe;
        if self.patterns.is_empty() {
            return unless_said;
        }
        if who.user.is_some_and(has_wildcard) || has_wildcard(who.client) {
            return false;
        }
        self.patterns.judge(who, action, topic).unwrap_or(unless_said)
    }
}

impl Rules {
    fn is_empty(&self) -> bool {
        self.denies.is_empty() && self.grants.is_empty()
    }

    fn len(&self) -> usize {
        self.denies.len().saturating_add(self.grants.len())
    }

    fn add(&mut self, rule: Rule) {
        match rule.grant {
            Grant::Deny => self.denies.push(rule),
            Grant::Read | Grant::Write | Grant::ReadWrite => self.grants.push(rule),
        }
    }

    /// What these rules say; `None`: nothing.
    fn judge(&self, who: &Who<'_>, action: Action, topic: &str) -> Option<bool> {
        let denied = self.denies.iter().any(|rule| match action {
            Action::Read | Action::Write => rule.matches(who, topic),
            Action::Subscribe => rule.covers(who, topic),
        });
        if denied {
            return Some(false);
        }
        let granted = self.grants.iter().any(|rule| match action {
            Action::Read => rule.grant.reads() && rule.may_grant(who) && rule.matches(who, topic),
            Action::Write => rule.grant.writes() && rule.may_grant(who) && rule.matches(who, topic),
            Action::Subscribe => rule.grant.reads() && rule.may_grant(who) && rule.overlaps(who, topic),
        });
        granted.then_some(true)
    }
}

fn has_wildcard(name: &str) -> bool {
    name.bytes().any(|byte| matches!(byte, b'+' | b'#'))
}

fn parse_user<'a>(line: &Line<'_>, after: &'a str) -> Result<&'a str, BadLine> {
    match after.trim_matches(blank) {
        "" => Err(line.bad("", "No user name follows. The topics before the first user line are for clients without one.")),
        name => Ok(name),
    }
}

/// Reads what follows `topic` or `pattern`: an access, which may be left out if the filter has no space, and a filter.
fn parse_rule(line: &Line<'_>, after: &str, is_pattern: bool) -> Result<Rule, BadLine> {
    let first = after.trim_start_matches(' ');
    if first.is_empty() {
        return Err(line.bad("", "No topic follows. The line goes on with read, write, readwrite or deny and a Topic Filter."));
    }
    let (grant, filter) = match first.split_once(' ') {
        None => (Grant::ReadWrite, first),
        Some((word, filter)) => match Grant::parse(word) {
            Some(grant) => (grant, filter.trim_start_matches(blank)),
            None => return Err(line.bad(first, format!("{} is no access. It is read, write, readwrite or deny.", short(word)))),
        },
    };
    if let Err(bad) = TopicFilter::parse_unshared(filter) {
        let at = line.text.len().saturating_sub(filter.len()).saturating_add(bad.at);
        return Err(line.bad_at(at, format!("{bad}")));
    }
    Ok(Rule::new(grant, filter, is_pattern))
}

fn unknown_word(word: &str) -> String {
    let hint = if word.starts_with('#') { " A comment begins in the first column." } else { "" };
    format!("{} begins no line. Lines begin with user, topic or pattern and a space.{hint}", short(word))
}

/// A word as it can be shown: quoted, and not longer than a glance.
fn short(word: &str) -> String {
    let start: String = word.chars().take(30).collect();
    let more = if start.len() < word.len() { "…" } else { "" };
    format!("{start:?}{more}")
}
