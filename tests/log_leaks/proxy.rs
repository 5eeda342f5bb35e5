//! A proxy that wants a password.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;

/// Runs until this is dropped.
pub(crate) struct Proxy {
    pub(crate) port: u16,
    heads: Arc<Mutex<String>>,
    _runtime: Runtime,
}

impl Proxy {
    pub(crate) fn start() -> Self {
        let runtime = Runtime::new().expect("a runtime");
        let listener = runtime
            .block_on(TcpListener::bind("127.0.0.1:0"))
            .expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let heads = Arc::<Mutex<String>>::default();
        let seen = Arc::clone(&heads);
        runtime.spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(serve(client, Arc::clone(&seen)));
            }
        });
        Self {
            port,
            heads,
            _runtime: runtime,
        }
    }

    /// Heads of all requests.
    pub(crate) fn heads(&self) -> String {
        self.heads.lock().expect("no panic").clone()
    }
}

async fn serve(mut client: TcpStream, seen: Arc<Mutex<String>>) -> Option<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(client.read_u8().await.ok()?);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let place = head.split(' ').nth(1).map(str::to_owned)?;
    let allowed = head.to_lowercase().contains("proxy-authorization: basic ");
    seen.lock().expect("no panic").push_str(&head);
    if !allowed {
        let refusal =
            b"HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\n\r\n";
        return client.write_all(refusal).await.ok();
    }
    let mut gateway = TcpStream::connect(place).await.ok()?;
    client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.ok()?;
    copy_bidirectional(&mut client, &mut gateway).await.ok().map(drop)
}
