//! Built-in scenes: devices that wait for the first step.

use alloc::string::String;
use alloc::vec::Vec;

use contract::{DeviceSpec, Habit, Protocol, Will, WillProperties};

/// The devices of a scene, in the order in which they connect.
pub(crate) fn devices(name: &str) -> Option<Vec<DeviceSpec>> {
    match name {
        "car-lock" => Some(car_lock()),
        _ => None,
    }
}

/// A phone asks Car001 to lock; the broker passes it on; the car confirms.
fn car_lock() -> Vec<DeviceSpec> {
    let car = DeviceSpec {
        client_id: String::from("Car001"),
        protocol: Protocol::V311,
        clean_start: false,
        keep_alive: 60,
        will: Some(Will {
            topic: String::from("car/Car001/state"),
            payload: b"out of reach".to_vec(),
            qos: 1,
            retain: true,
            properties: WillProperties::default(),
        }),
        habits: alloc::vec![Habit::Respond {
            filter: String::from("car/Car001/lock"),
            qos: 2,
            topic: String::from("car/Car001/state"),
            payload: String::from("locked"),
            answer_qos: 1,
            retain: true,
        }],
        ..DeviceSpec::default()
    };
    let phone = DeviceSpec {
        client_id: String::from("phone"),
        protocol: Protocol::V5,
        clean_start: false,
        session_expiry: 3_600,
        keep_alive: 60,
        receive_maximum: 10,
        habits: alloc::vec![
            Habit::Subscribe { filter: String::from("car/+/state"), qos: 1 },
            Habit::Publish {
                topic: String::from("car/Car001/lock"),
                payload: String::from("lock"),
                qos: 2,
                retain: false,
                after_ms: 1_000,
                every_ms: 0,
            },
        ],
        ..DeviceSpec::default()
    };
    alloc::vec![phone, car]
}
