//! The lanes of the ladder: who gets one, and where it stands.

use contract::{DeviceId, DeviceState, DeviceView, Row};

/// Most devices that get a lane.
pub(crate) const MAX_LANES: usize = 12;
/// Width of the column of times at the far left, which does not scroll sideways.
pub(crate) const TIME_WIDTH: f64 = 74.0;
/// Least and greatest distance between two lanes.
const MIN_SPACING: f64 = 112.0;
const MAX_SPACING: f64 = 400.0;

/// One device's lane.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Lane {
    /// Whose.
    pub(crate) device: DeviceId,
    /// Its middle.
    pub(crate) x: f64,
}

/// All lanes, in pixels of the content.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Lanes {
    /// The broker's lane.
    pub(crate) broker: f64,
    /// The devices' lanes, in the order of the list.
    pub(crate) devices: Vec<Lane>,
    /// Distance between neighbours.
    pub(crate) spacing: f64,
    /// Width of it all; wider than the view: it scrolls sideways.
    pub(crate) width: f64,
}

impl Lanes {
    /// Middle of a device's lane.
    pub(crate) fn of(&self, device: DeviceId) -> Option<f64> {
        self.devices.iter().find(|lane| lane.device == device).map(|lane| lane.x)
    }

    /// It is the outermost lane on its side.
    pub(crate) fn outermost(&self, x: f64) -> bool {
        let left = x < self.broker;
        !self.devices.iter().any(|lane| if left { lane.x < x } else { lane.x > x })
    }
}

/// Who gets a lane: the chosen device, whoever has rows in the window, then whoever is connected, in the order of the list.
pub(crate) fn who(devices: &[DeviceView], rows: &[Row], chosen: Option<DeviceId>) -> Vec<DeviceId> {
    let in_rows = |id: DeviceId| rows.iter().any(|row| row.device == id);
    let rank = |id: DeviceId, connected: bool| {
        if in_rows(id) {
            Some(0)
        } else if chosen == Some(id) {
            Some(1)
        } else if connected {
            Some(2)
        } else {
            // Before anything has happened the ladder shows who is there.
            rows.is_empty().then_some(3)
        }
    };
    let mut ranked: Vec<(usize, usize, DeviceId)> = Vec::new();
    for (at, device) in devices.iter().enumerate() {
        if let Some(rank) = rank(device.id, device.state != DeviceState::Offline) {
            ranked.push((rank, at, device.id));
        }
    }
    for row in rows {
        let known = row.device == 0 || ranked.iter().any(|&(_, _, id)| id == row.device);
        if !known {
            ranked.push((0, devices.len() + ranked.len(), row.device));
        }
    }
    ranked.sort_unstable();
    ranked.truncate(MAX_LANES);
    ranked.sort_unstable_by_key(|&(_, at, _)| at);
    ranked.into_iter().map(|(_, _, id)| id).collect()
}

/// Places the lanes: the broker in the middle, devices in turn to its left and its right from the inside out; one device alone stands
/// left of the broker.
pub(crate) fn place(devices: &[DeviceId], width: f64) -> Lanes {
    let left = devices.len().div_ceil(2);
    let right = devices.len() - left;
    let gaps = (left + right).max(1) as f64;
    // Two lanes stand as they look best; more need every pixel between them.
    let wide = devices.len() <= 2;
    let mut before = (width * 0.174).clamp(106.0, if wide { 150.0 } else { 122.0 });
    let after = match (right, wide) {
        (0, _) => (width * 0.3).clamp(60.0, 330.0),
        (_, true) => (width * 0.174).clamp(54.0, 150.0),
        (_, false) => (width * 0.174).clamp(54.0, 70.0),
    };
    let free = (width - before - after) / gaps;
    let spacing = free.clamp(MIN_SPACING, MAX_SPACING);
    if free > spacing {
        before += (free - spacing) * gaps / 2.0;
    }
    let content = if free < spacing { before + spacing * gaps + after } else { width };
    let broker = if devices.is_empty() { width / 2.0 } else { before + spacing * left as f64 };
    let lanes = devices
        .iter()
        .enumerate()
        .map(|(at, &device)| {
            let away = (at / 2 + 1) as f64 * spacing;
            Lane { device, x: if at % 2 == 0 { broker - away } else { broker + away } }
        })
        .collect();
    Lanes { broker: broker.round(), devices: lanes, spacing, width: content }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_devices_stand_left_and_right_of_the_broker() {
        let lanes = place(&[1, 2], 860.0);
        assert!(lanes.of(1) < Some(lanes.broker) && lanes.of(2) > Some(lanes.broker));
        assert_eq!(lanes.width, 860.0);
    }

    #[test]
    fn one_device_stands_left() {
        let lanes = place(&[4], 500.0);
        assert!(lanes.of(4) < Some(lanes.broker));
    }

    #[test]
    fn lanes_never_come_closer_than_the_least_distance() {
        for width in [200.0, 390.0, 800.0, 2000.0] {
            for count in 0..=MAX_LANES as u32 {
                let ids: Vec<u32> = (1..=count).collect();
                let lanes = place(&ids, width);
                let mut xs: Vec<f64> = lanes.devices.iter().map(|lane| lane.x).chain([lanes.broker]).collect();
                xs.sort_by(f64::total_cmp);
                assert!(xs.windows(2).all(|pair| pair[1] - pair[0] >= MIN_SPACING - 1.0), "{count} in {width}: {xs:?}");
                assert!(xs.iter().all(|x| (0.0..=lanes.width).contains(x)), "{count} in {width}: {xs:?}");
            }
        }
    }

    #[test]
    fn rows_earn_a_lane_before_connections_and_the_order_is_that_of_the_list() {
        let devices: Vec<DeviceView> =
            (1..=20).map(|id| DeviceView { id, state: DeviceState::Connected, ..DeviceView::default() }).collect();
        let row = Row { n: 0, step: 0, at: 0, device: 19, what: contract::What::Event, notes: Vec::new() };
        let who = who(&devices, &[row], Some(20));
        assert_eq!(who.len(), MAX_LANES);
        assert!(who.contains(&19) && who.contains(&20));
        assert!(who.is_sorted());
    }
}
