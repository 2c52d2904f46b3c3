//! The end of a connection: its last octets are written and read by the other side before it is closed.
//!
//! Closing a socket with unread octets makes the kernel send a reset, which can overtake the NOTIFICATION. So we say
//! that we send no more, and read until the other side closes too or the time is up.

use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::time::Instant;
use tracing::debug;

use super::input::Read;
use super::socket::Socket;

/// Time a closing connection is given. A peer that does not read loses its NOTIFICATION, nothing else.
const PATIENCE: Duration = Duration::from_millis(600);

/// Writes what waits and closes. Runs as a task of its own, so that the peer can begin anew at once.
pub(crate) async fn close(mut socket: Socket) {
    let Some(deadline) = Instant::now().checked_add(PATIENCE) else { return };
    let mut said = false;
    loop {
        match socket.output.write(&socket.stream) {
            Err(e) => {
                debug!(target: "network", "closing: {e}");
                return;
            }
            Ok(_) if socket.output.waiting() == 0 && !said => {
                said = true;
                if socket.stream.shutdown().await.is_err() {
                    return;
                }
            }
            Ok(_) => {}
        }
        tokio::select! {
            () = tokio::time::sleep_until(deadline) => return,
            ready = socket.stream.writable(), if socket.output.waiting() > 0 => {
                if ready.is_err() {
                    return;
                }
            }
            ready = socket.stream.readable(), if said => {
                if ready.is_err() {
                    return;
                }
                let n = socket.input.unread().len();
                socket.input.consume(n);
                if !matches!(socket.input.read(&socket.stream), Ok(Read::Some | Read::WouldBlock)) {
                    return;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::peer::socket;
    use tokio::io::AsyncReadExt as _;
    use tokio::net::{TcpListener, TcpStream};

    #[tokio::test]
    async fn the_last_octets_arrive_although_ours_were_not_read() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut far = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (near, _) = listener.accept().await.unwrap();
        far.write_all(&vec![7; 100_000]).await.unwrap();
        let socket = socket::farewell(Socket::new(near), b"the end".to_vec());
        let reader = async {
            let mut got = Vec::new();
            far.read_to_end(&mut got).await.unwrap();
            drop(far);
            got
        };
        let (got, ()) = tokio::join!(reader, close(socket));
        assert_eq!(got, b"the end");
    }
}
