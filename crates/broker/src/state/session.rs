//! What outlives a connection.

use alloc::sync::Arc;
use alloc::vec::Vec;

use hashbrown::HashTable;

use crate::access::Who;
use crate::ids::{ConnId, SessionNo};
use crate::state::Hasher;
use crate::state::inflight::{In, Out};
use crate::state::message::Kept;
use crate::state::queue::Queue;
use crate::state::share::ShareNo;
use crate::time::Instant;
use core::hash::BuildHasher;

/// A session.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    /// Client Identifier.
    pub(crate) client: Arc<str>,
    /// User Name with which the client was let in last: whose rights count, for its will too. None: it has none.
    pub(crate) user: Option<Arc<str>>,
    /// Its connection; none while the client is away.
    pub(crate) conn: Option<ConnId>,
    /// Seconds it outlives its connection; `u32::MAX`: for ever.
    pub(crate) expiry: u32,
    /// When it ends, while the client is away.
    pub(crate) expires_at: Option<Instant>,
    pub(crate) outgoing: Out,
    pub(crate) incoming: In,
    pub(crate) queue: Queue,
    pub(crate) will: Option<Will>,
    /// When the will goes out, while the client is away.
    pub(crate) will_at: Option<Instant>,
    /// Numbers of its subscriptions in the router, in the order of their making.
    pub(crate) subscriptions: Vec<u32>,
    /// Shared subscriptions that it is a member of, in the order of joining.
    pub(crate) shares: Vec<ShareNo>,
}

/// A will that is kept.
#[derive(Clone, Debug)]
pub(crate) struct Will {
    pub(crate) message: Arc<Kept>,
    /// Will Delay Interval in seconds.
    pub(crate) delay: u32,
    /// Message Expiry Interval in seconds; counts from the publication.
    pub(crate) expiry: Option<u32>,
}

impl Session {
    pub(crate) fn new(client: Arc<str>) -> Session {
        Session {
            client,
            user: None,
            conn: None,
            expiry: 0,
            expires_at: None,
            outgoing: Out::default(),
            incoming: In::default(),
            queue: Queue::default(),
            will: None,
            will_at: None,
            subscriptions: Vec::new(),
            shares: Vec::new(),
        }
    }

    /// Whose rights count.
    pub(crate) fn who(&self) -> Who<'_> {
        Who { user: self.user.as_deref(), client: &self.client }
    }
}

/// All sessions, by number and by Client Identifier.
#[derive(Clone, Debug)]
pub(crate) struct Sessions {
    slab: Vec<Option<Session>>,
    free: Vec<u32>,
    by_client: HashTable<u32>,
    hasher: Hasher,
}

impl Default for Sessions {
    fn default() -> Sessions {
        Sessions { slab: Vec::new(), free: Vec::new(), by_client: HashTable::new(), hasher: Hasher::with_seed(0x5e55) }
    }
}

impl Sessions {
    pub(crate) fn get(&self, no: SessionNo) -> Option<&Session> {
        self.slab.get(no.0 as usize)?.as_ref()
    }

    pub(crate) fn get_mut(&mut self, no: SessionNo) -> Option<&mut Session> {
        self.slab.get_mut(no.0 as usize)?.as_mut()
    }

    pub(crate) fn find(&self, client: &str) -> Option<SessionNo> {
        let is_it = |&no: &u32| self.get(SessionNo(no)).is_some_and(|session| *session.client == *client);
        self.by_client.find(self.hasher.hash_one(client), is_it).map(|&no| SessionNo(no))
    }

    /// Puts a session in; no other may have its client.
    pub(crate) fn insert(&mut self, session: Session) -> SessionNo {
        let hash = self.hasher.hash_one(&*session.client);
        let no = match self.free.pop() {
            Some(no) => no,
            None => {
                self.slab.push(None);
                u32::try_from(self.slab.len().saturating_sub(1)).unwrap_or(u32::MAX)
            }
        };
        if let Some(place) = self.slab.get_mut(no as usize) {
            *place = Some(session);
        }
        let (slab, hasher) = (&self.slab, &self.hasher);
        self.by_client.insert_unique(hash, no, |&no| hash_of(slab, hasher, no));
        SessionNo(no)
    }

    pub(crate) fn remove(&mut self, no: SessionNo) -> Option<Session> {
        let session = self.slab.get_mut(no.0 as usize)?.take()?;
        let hash = self.hasher.hash_one(&*session.client);
        if let Ok(entry) = self.by_client.find_entry(hash, |&other| other == no.0) {
            entry.remove();
        }
        self.free.push(no.0);
        Some(session)
    }

    pub(crate) fn len(&self) -> usize {
        self.by_client.len()
    }

    /// One more than the largest number ever given.
    pub(crate) fn capacity(&self) -> usize {
        self.slab.len()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (SessionNo, &Session)> {
        self.slab.iter().enumerate().filter_map(|(no, s)| Some((SessionNo(u32::try_from(no).ok()?), s.as_ref()?)))
    }
}

fn hash_of(slab: &[Option<Session>], hasher: &Hasher, no: u32) -> u64 {
    slab.get(no as usize).and_then(Option::as_ref).map_or(0, |session| hasher.hash_one(&*session.client))
}
