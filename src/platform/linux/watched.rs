//! A file that is read and written without blocking: a terminal, for one.

use std::fs::File;
use std::io::{self, Read as _, Write as _};

use tokio::io::unix::AsyncFd;

/// A file opened with O_NONBLOCK of a kind that can be waited for. Not one on a disk.
#[derive(Debug)]
pub struct WatchedFile(AsyncFd<File>);

impl WatchedFile {
    /// Must be called inside a tokio runtime.
    #[expect(unsafe_code, reason = "tokio registers by number")]
    pub fn new(file: File) -> io::Result<Self> {
        // SAFETY: the file owns its descriptor, and nobody outside gets it by value or by a reference that could put
        // another in its place, so it stays open and gives the same number while the `AsyncFd` owns it.
        Ok(Self(unsafe { AsyncFd::register(file) }?))
    }

    /// The file itself.
    pub fn file(&self) -> &File {
        self.0.get_ref()
    }

    /// Reads what is there, or waits for it. 0 at the end.
    pub async fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let mut guard = self.0.readable().await?;
            match guard.try_io(|file| file.get_ref().read(buffer)) {
                Ok(Err(error)) if error.kind() == io::ErrorKind::Interrupted => {}
                Ok(result) => return result,
                Err(_) => {}
            }
        }
    }

    /// Writes all of it.
    pub async fn write_all(&self, mut octets: &[u8]) -> io::Result<()> {
        while !octets.is_empty() {
            let mut guard = self.0.writable().await?;
            match guard.try_io(|file| file.get_ref().write(octets)) {
                Ok(Ok(0)) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(Ok(written)) => octets = octets.get(written..).unwrap_or_default(),
                Ok(Err(error)) if error.kind() == io::ErrorKind::Interrupted => {}
                Ok(Err(error)) => return Err(error),
                Err(_) => {}
            }
        }
        Ok(())
    }
}
