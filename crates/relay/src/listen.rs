//! The three ports, and the relay's life from the first to the last moment.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{Semaphore, oneshot};

use crate::config::{BACKLOG, Config};
use crate::device::{tcp, ws};
use crate::hub::Hub;
use crate::page::Page;
use crate::{Addresses, StartError, http};

/// Runs a relay: says through `ready` where it listens, and ends when `stop` is sent or dropped.
pub(crate) async fn serve(config: Config, ready: SyncSender<Result<Addresses, StartError>>, stop: oneshot::Receiver<()>) {
    let ports = match Ports::listen(&config) {
        Ok(ports) => ports,
        Err(error) => {
            let _ = ready.send(Err(error));
            return;
        }
    };
    raise_open_files(config.limits.devices);
    let addresses = ports.addresses;
    let hub = Rc::new(Hub::new(config.limits, format!("ws {}\ntcp {}", addresses.ws_url(), addresses.tcp_text())));
    let page = Rc::new(Page::new(config.dist, config.limits.compress));
    ports.accept(&hub, &page);
    let _ = ready.send(Ok(addresses));
    // The sender's end is as good as its word.
    let _ = stop.await;
    hub.stop().await;
}

struct Ports {
    http: TcpListener,
    ws: TcpListener,
    tcp: TcpListener,
    addresses: Addresses,
}

impl Ports {
    fn listen(config: &Config) -> Result<Self, StartError> {
        let (http, http_address) = listen("--http", config.http)?;
        let (ws, ws_address) = listen("--ws", config.ws)?;
        let (tcp, tcp_address) = listen("--tcp", config.tcp)?;
        Ok(Self { http, ws, tcp, addresses: Addresses { http: http_address, ws: ws_address, tcp: tcp_address } })
    }

    fn accept(self, hub: &Rc<Hub>, page: &Rc<Page>) {
        let (to, places) = (hub.clone(), Arc::new(Semaphore::new(hub.limits().page_connections)));
        let page = page.clone();
        accept(self.http, move |stream| {
            let (hub, page, place) = (to.clone(), page.clone(), places.clone().try_acquire_owned());
            async move {
                if let Ok(_place) = place {
                    http::serve(hub, page, stream).await;
                }
            }
        });
        let to = hub.clone();
        accept(self.ws, move |stream| {
            let (hub, seat) = (to.clone(), to.seat());
            async move {
                match seat {
                    Some(seat) => ws::serve(hub, stream, seat).await,
                    None => ws::refuse(hub, stream).await,
                }
            }
        });
        let to = hub.clone();
        accept(self.tcp, move |stream| {
            let (hub, seat) = (to.clone(), to.seat());
            async move {
                if let Some(seat) = seat {
                    tcp::serve(hub, stream, seat).await;
                }
            }
        });
    }
}

fn listen(flag: &'static str, address: SocketAddr) -> Result<(TcpListener, SocketAddr), StartError> {
    let failed = |error| StartError::Listen { flag, address, error };
    let listener = bind(address).map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    Ok((listener, bound))
}

fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // A relay that restarts need not wait for the last connections of the one before. On Windows it would mean to share the port.
    #[cfg(not(windows))]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Serves each connection of a port with a task of its own.
fn accept<F: Future<Output = ()> + 'static>(listener: TcpListener, mut serve: impl FnMut(TcpStream) -> F + 'static) {
    tokio::task::spawn_local(async move {
        loop {
            match listener.accept().await {
                Ok((stream, _)) => {
                    // A socket that cannot be set is one that is gone already; its first read says so.
                    let _ = stream.set_nodelay(true);
                    tokio::task::spawn_local(serve(stream));
                }
                // A connection that was gone before it was taken.
                Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => (),
                // No more open files, most likely: some will be closed soon.
                Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
            }
        }
    });
}

/// Each device is an open file, and the usual limit is 1,024. Where it cannot be raised, the relay bears fewer devices.
fn raise_open_files(devices: usize) {
    let wanted = devices as u64 + 512;
    let _ = rlimit::increase_nofile_limit(wanted);
}
