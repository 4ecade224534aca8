//! Devices: clients as the user sees them, simulated or real, connected or away.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::sync::Arc;

use broker::{ConnId, Instant};
use contract::{DeviceId, DeviceKind, DeviceState};
use hashbrown::HashMap;
use mqtt::Version;

use super::Hasher;
use crate::client::Client;

/// A device.
#[derive(Clone, Debug)]
pub(crate) struct Device {
    /// Client Identifier, or, of a stranger that has not told one, its address.
    pub(crate) name: Arc<str>,
    pub(crate) kind: DeviceKind,
    pub(crate) transport: &'static str,
    pub(crate) peer: Arc<str>,
    pub(crate) version: Option<Version>,
    pub(crate) state: DeviceState,
    pub(crate) since: Instant,
    /// The newest connection under its name.
    pub(crate) conn: Option<ConnId>,
    /// A simulated device's mind, and the connection it has opened itself.
    pub(crate) client: Option<Box<Client>>,
    pub(crate) own: Option<ConnId>,
    /// When it is on the agenda to be woken.
    pub(crate) wake_at: Option<Instant>,
    /// Packets of earlier connections.
    pub(crate) packets_in: u64,
    pub(crate) packets_out: u64,
}

/// All devices, by number and by name.
#[derive(Clone, Debug)]
pub(crate) struct Devices {
    by_id: BTreeMap<DeviceId, Device>,
    by_name: HashMap<Arc<str>, DeviceId, Hasher>,
    last: DeviceId,
}

impl Default for Devices {
    fn default() -> Devices {
        Devices { by_id: BTreeMap::new(), by_name: HashMap::with_hasher(Hasher::with_seed(3)), last: 0 }
    }
}

impl Devices {
    pub(crate) fn find(&self, name: &str) -> Option<DeviceId> {
        self.by_name.get(name).copied()
    }

    pub(crate) fn get(&self, id: DeviceId) -> Option<&Device> {
        self.by_id.get(&id)
    }

    pub(crate) fn get_mut(&mut self, id: DeviceId) -> Option<&mut Device> {
        self.by_id.get_mut(&id)
    }

    /// In order of appearance.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (DeviceId, &Device)> {
        self.by_id.iter().map(|(id, device)| (*id, device))
    }

    pub(crate) fn len(&self) -> usize {
        self.by_id.len()
    }

    pub(crate) fn count(&self, kind: DeviceKind) -> usize {
        self.by_id.values().filter(|device| device.kind == kind).count()
    }

    /// The number the next device will get.
    pub(crate) fn next_id(&self) -> DeviceId {
        self.last.saturating_add(1)
    }

    /// A new device; its name must be free.
    pub(crate) fn add(&mut self, now: Instant, name: Arc<str>, kind: DeviceKind, transport: &'static str, peer: Arc<str>) -> DeviceId {
        self.last = self.last.saturating_add(1);
        let device = Device {
            name: name.clone(),
            kind,
            transport,
            peer,
            version: None,
            state: DeviceState::Offline,
            since: now,
            conn: None,
            client: None,
            own: None,
            wake_at: None,
            packets_in: 0,
            packets_out: 0,
        };
        self.by_name.insert(name, self.last);
        self.by_id.insert(self.last, device);
        self.last
    }

    pub(crate) fn remove(&mut self, id: DeviceId) -> Option<Device> {
        let device = self.by_id.remove(&id)?;
        self.by_name.remove(&device.name);
        Some(device)
    }

    /// The minds of all simulated devices.
    pub(crate) fn clients(&mut self) -> impl Iterator<Item = &mut Client> {
        self.by_id.values_mut().filter_map(|device| device.client.as_deref_mut())
    }

    pub(crate) fn rename(&mut self, id: DeviceId, name: Arc<str>) {
        let Some(device) = self.by_id.get_mut(&id) else { return };
        self.by_name.remove(&device.name);
        self.by_name.insert(name.clone(), id);
        device.name = name;
    }

    /// Forgets the oldest real devices that are not connected and that `keep` does not want, beyond `most` of them.
    pub(crate) fn forget_strangers(&mut self, most: usize, keep: impl Fn(&Device) -> bool) {
        let idle = |device: &Device| device.kind == DeviceKind::Real && device.conn.is_none() && !keep(device);
        let strangers = self.by_id.values().filter(|device| idle(device)).count();
        for _ in most..strangers {
            let Some(oldest) = self.by_id.iter().find(|(_, device)| idle(device)).map(|(id, _)| *id) else { return };
            self.remove(oldest);
        }
    }

    pub(crate) fn check(&self) -> Result<(), String> {
        if self.by_id.len() != self.by_name.len() {
            return Err(alloc::format!("{} devices, {} names", self.by_id.len(), self.by_name.len()));
        }
        match self.by_id.iter().find(|(id, device)| self.find(&device.name) != Some(**id)) {
            Some((id, device)) => Err(alloc::format!("device {id} is not found by its name {:?}", device.name)),
            None => Ok(()),
        }
    }
}
