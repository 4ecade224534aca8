"""paho-mqtt as a program: `sub` prints a line `ready`, then each message it gets; `pub` publishes each line of its standard input.

Ends with status 0 when all is done (for `pub`: all acknowledged), else says on standard error what was missing.
"""

import argparse
import sys
import threading

import paho.mqtt.client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("role", choices=["sub", "pub"])
    parser.add_argument("--transport", choices=["tcp", "websockets"], required=True)
    parser.add_argument("--host", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--path", default="/mqtt")
    parser.add_argument("--version", choices=["3.1.1", "5"], required=True)
    parser.add_argument("--id", required=True)
    parser.add_argument("--topic", required=True)
    parser.add_argument("--qos", type=int, required=True)
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--timeout", type=float, default=60)
    return parser.parse_args()


def connected(args):
    version = mqtt.MQTTv5 if args.version == "5" else mqtt.MQTTv311
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id=args.id, protocol=version, transport=args.transport)
    if args.transport == "websockets":
        client.ws_set_options(path=args.path)
    up = threading.Event()
    client.on_connect = lambda *_: up.set()
    client.connect(args.host, args.port, keepalive=60)
    client.loop_start()
    if not up.wait(args.timeout):
        sys.exit("no CONNACK")
    return client


def subscribe(args):
    client = connected(args)
    done = threading.Event()
    seen = 0

    def on_message(_client, _userdata, message):
        nonlocal seen
        seen += 1
        print(message.payload.decode(), flush=True)
        if seen >= args.count:
            done.set()

    client.on_message = on_message
    client.on_subscribe = lambda *_: print("ready", flush=True)
    client.subscribe(args.topic, args.qos)
    if not done.wait(args.timeout):
        sys.exit(f"{seen} of {args.count} messages came")
    # A moment more, so that a message that comes twice is seen.
    threading.Event().wait(0.3)
    leave(client, args)


def publish(args):
    client = connected(args)
    sent = [client.publish(args.topic, line.rstrip("\n"), args.qos) for line in sys.stdin]
    for message in sent:
        message.wait_for_publish(args.timeout)
    missing = sum(not message.is_published() for message in sent)
    if missing:
        sys.exit(f"{missing} of {len(sent)} messages were not acknowledged")
    leave(client, args)


def leave(client, args):
    properties = Properties(PacketTypes.DISCONNECT) if args.version == "5" else None
    client.disconnect(properties=properties)
    client.loop_stop()


if __name__ == "__main__":
    chosen = arguments()
    subscribe(chosen) if chosen.role == "sub" else publish(chosen)
