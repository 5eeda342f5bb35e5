//! Keys and PKCS#12 files as the `openssl` program writes them, and what is no such file.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::*;
use crate::error::Error;
use crate::exit::ExitStatus;
use crate::net::testing::{Authority, Folder, Leaf, connector, params, settings};

/// A certificate and its key in files, and what the program makes of them.
struct Maker {
    folder: Folder,
    certificate: PathBuf,
    key: PathBuf,
}

impl Maker {
    fn new() -> Self {
        let leaf = Authority::new().leaf("joe");
        let folder = Folder::new();
        Self {
            certificate: folder.write("joe.pem", &leaf.pem),
            key: folder.write("joe.key", &leaf.key.serialize_pem()),
            folder,
        }
    }

    /// Runs `openssl` with these words and yields the file it wrote.
    fn make(&self, words: &str) -> PathBuf {
        let output = self.folder.write("output", "");
        let words = words.replace("KEY", &self.key.to_string_lossy());
        let words = words.replace("CERT", &self.certificate.to_string_lossy());
        let done = Command::new("openssl")
            .args(words.split_whitespace())
            .arg("-out")
            .arg(&output)
            .stdin(Stdio::null())
            .output()
            .expect("the program openssl");
        assert!(done.status.success(), "{words}: {done:?}");
        output
    }

    /// [`Self::make`] under another name, so that the next file does not take its place.
    fn keep(&self, name: &str, words: &str) -> PathBuf {
        let text = std::fs::read_to_string(self.make(words)).unwrap();
        self.folder.write(name, &text)
    }

    /// [`Self::make`] with the passphrase that `assert_locked` knows.
    fn make_locked(&self, words: &str) -> PathBuf {
        let password = self.folder.write("password", "sésame 1\n");
        self.make(&format!("{words} -passout file:{}", password.display()))
    }
}

/// Certificate and key are read and fit together, for every TLS back end there is.
fn open(certificate: &Path, key: Option<&Path>, password: Option<&str>) -> Result<(), Error> {
    let mut settings = settings(443);
    settings.tls.certificate = Some(certificate.to_owned());
    settings.tls.key = key.map(ToOwned::to_owned);
    settings.tls.key_password = password.map(Secret::new);
    match connector(&settings) {
        Ok(_) => Ok(()),
        Err(error) => Err(error.user_error()),
    }
}

/// Opens with the passphrase only; says so when there is none or a wrong one.
fn assert_locked(certificate: &Path, key: Option<&Path>, what: &str) {
    assert_eq!(open(certificate, key, Some("sésame 1")), Ok(()), "{what}");
    let needed = open(certificate, key, None).expect_err(what);
    assert_eq!(needed.status, ExitStatus::InputNeeded, "{what}: {needed}");
    for wrong in ["", "hunter2"] {
        let error = open(certificate, key, Some(wrong)).expect_err(what);
        assert_eq!(error.status, ExitStatus::BadData, "{what}: {error}");
        assert!(error.message.contains("passphrase"), "{what}: {error}");
        assert!(!error.to_string().contains("hunter2"), "{what}: {error}");
    }
}

#[test]
fn encrypted_keys_open_with_their_passphrase_only() {
    let maker = Maker::new();
    for words in [
        "-v2 aes-128-cbc -v2prf hmacWithSHA1",
        "-v2 aes-256-cbc",
        "-v2 des3",
        "-scrypt",
        #[cfg(feature = "legacy-tls")]
        "-v1 PBE-SHA1-3DES",
    ] {
        let words = format!("pkcs8 -topk8 -in KEY {words}");
        let key = maker.make_locked(&words);
        assert!(
            std::fs::read_to_string(&key)
                .unwrap()
                .contains("ENCRYPTED PRIVATE KEY")
        );
        assert_locked(&maker.certificate, Some(&key), &words);
    }
}

#[test]
fn a_passphrase_stretched_without_measure_is_not_tried() {
    let maker = Maker::new();
    let key = maker.make_locked("pkcs8 -topk8 -in KEY -v2 aes-128-cbc -iter 65537 -outform DER");
    let mut der = std::fs::read(&key).unwrap();
    // the INTEGER of the iterations, made as large as its octets allow
    let place = der
        .windows(5)
        .position(|octets| octets == [2, 3, 1, 0, 1])
        .expect("the count");
    der[place + 2..place + 5].copy_from_slice(&[0x7f, 0xff, 0xff]);
    let endless = Locked::Unreadable("its passphrase is stretched without measure".to_owned());
    let text = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, &der);
    let text =
        format!("-----BEGIN ENCRYPTED PRIVATE KEY-----\n{text}\n-----END ENCRYPTED PRIVATE KEY-----\n");
    let sections = pem::sections(text.as_bytes()).unwrap();
    assert_eq!(
        key::open(&sections[0], Some(&Secret::new("x"))).err(),
        Some(endless)
    );
}

#[test]
fn keys_encrypted_in_the_old_way_open_with_their_passphrase_only() {
    let maker = Maker::new();
    for words in ["-aes128", "-aes192", "-aes256", "-des3"] {
        let words = format!("ec -in KEY {words}");
        let key = maker.make_locked(&words);
        assert!(
            std::fs::read_to_string(&key)
                .unwrap()
                .contains("Proc-Type: 4,ENCRYPTED")
        );
        assert_locked(&maker.certificate, Some(&key), &words);
        let both =
            std::fs::read_to_string(&key).unwrap() + &std::fs::read_to_string(&maker.certificate).unwrap();
        assert_locked(&maker.folder.write("both", &both), None, &words);
    }
    let foreign = "-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: IDEA-CBC,00\n\nAAAA\n\
                   -----END EC PRIVATE KEY-----\n";
    let foreign = maker.folder.write("foreign", foreign);
    let error = open(&maker.certificate, Some(&foreign), Some("x")).expect_err("IDEA");
    assert_eq!(error.status, ExitStatus::BadData);
    assert!(
        error.message.contains("IDEA-CBC") && error.hint.is_some(),
        "{error}"
    );
}

#[test]
fn rsa_keys_of_all_forms_are_read() {
    let mut maker = Maker::new();
    maker.key = maker.keep("rsa.key", "genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048");
    maker.certificate = maker.keep("rsa.pem", "req -x509 -new -key KEY -subj /CN=joe -days 9");
    assert_eq!(open(&maker.certificate, Some(&maker.key), None), Ok(()));
    let plain = maker.make("rsa -in KEY -traditional");
    assert_eq!(open(&maker.certificate, Some(&plain), None), Ok(()));
    for words in ["rsa -in KEY -traditional -aes128", "pkcs8 -topk8 -in KEY"] {
        assert_locked(&maker.certificate, Some(&maker.make_locked(words)), words);
    }
}

#[test]
fn pkcs12_files_open_with_their_passphrase_only() {
    let maker = Maker::new();
    for words in [
        "",
        "-legacy",
        "-descert -legacy",
        "-keypbe PBE-SHA1-3DES -certpbe PBE-SHA1-3DES -macalg sha1",
        "-certpbe NONE",
        "-nomac",
        #[cfg(feature = "legacy-tls")]
        "-keypbe PBE-SHA1-2DES -certpbe PBE-SHA1-2DES",
    ] {
        let words = format!("pkcs12 -export -in CERT -inkey KEY {words}");
        let file = maker.make_locked(&words);
        assert_locked(&file, None, &words);
        // as a key file as well
        assert_locked(&maker.certificate, Some(&file), &words);
    }
}

#[test]
fn no_wrong_passphrase_passes_for_a_damaged_file() {
    let maker = Maker::new();
    // one in 256 leaves right padding behind
    let locked = |open: &dyn Fn(&Secret) -> Result<(), Locked>| {
        for number in 0..1500 {
            let outcome = open(&Secret::new(number.to_string()));
            assert_eq!(outcome, Err(Locked::WrongPassword), "{number}");
        }
    };
    let words = "pkcs12 -export -in CERT -inkey KEY -iter 1 -nomac";
    let data = std::fs::read(maker.make_locked(words)).unwrap();
    locked(&|password| pkcs12::open(&data, Some(password)).map(drop));
    for words in [
        "ec -in KEY -aes128",
        "pkcs8 -topk8 -in KEY -v2 aes-128-cbc -iter 1",
        #[cfg(feature = "legacy-tls")]
        "pkcs8 -topk8 -in KEY -v1 PBE-SHA1-3DES -iter 1",
    ] {
        let text = std::fs::read(maker.make_locked(words)).unwrap();
        let sections = pem::sections(&text).unwrap();
        locked(&|password| key::open(&sections[0], Some(password)).map(drop));
    }
}

#[test]
fn pkcs12_files_without_passphrase_open_with_none() {
    let maker = Maker::new();
    for words in ["", "-legacy", "-keypbe NONE -certpbe NONE -nomac"] {
        let file = maker.make(&format!(
            "pkcs12 -export -in CERT -inkey KEY -passout pass: {words}"
        ));
        for password in [None, Some(""), Some("needless")] {
            assert_eq!(open(&file, None, password), Ok(()), "{words} {password:?}");
        }
    }
}

#[test]
fn a_pkcs12_file_yields_its_own_certificate_first_and_then_the_issuers() {
    let mut maker = Maker::new();
    let authority = Authority::new();
    let leaf = authority.leaf("joe");
    let issuers = format!("{}{}", Authority::new().pem, authority.pem);
    maker.certificate = maker.folder.write("leaf.pem", &leaf.pem);
    maker.key = maker.folder.write("leaf.key", &leaf.key.serialize_pem());
    let issuers = maker.folder.write("issuers.pem", &issuers);
    let words = format!(
        "pkcs12 -export -in CERT -inkey KEY -certfile {} -passout pass:",
        issuers.display()
    );
    let settings = TlsSettings {
        certificate: Some(maker.make(&words)),
        ..TlsSettings::default()
    };
    let identity = load(&settings).unwrap().expect("a certificate");
    assert_eq!(identity.chain.len(), 2);
    assert_eq!(identity.chain.first(), Some(&leaf.der()));
}

#[test]
fn what_is_neither_pem_nor_pkcs12_is_told_with_the_way_out() {
    let maker = Maker::new();
    let table: [(&str, &str); 2] = [
        ("x509 -in CERT -outform DER", "neither PEM nor PKCS#12"),
        (
            "pkcs8 -topk8 -nocrypt -in KEY -outform DER",
            "neither PEM nor PKCS#12",
        ),
    ];
    for (words, text) in table {
        let error = open(&maker.make(words), None, Some("x")).expect_err(words);
        assert_eq!(error.status, ExitStatus::BadData);
        assert!(error.message.contains(text) && error.hint.is_some(), "{error}");
    }
    let error = open(&maker.folder.write("text", "hello"), None, None).expect_err("text");
    assert!(error.message.contains("no private key"), "{error}");
}

#[test]
fn an_expired_certificate_is_used_all_the_same() {
    let maker = Maker::new();
    let mut params = params("joe");
    params.not_after = rcgen::date_time_ymd(2020, 2, 3);
    let leaf = Leaf::self_signed(&params, rcgen::KeyPair::generate().unwrap());
    let certificate = maker.folder.write("old.pem", &leaf.pem);
    let key = maker.folder.write("old.key", &leaf.key.serialize_pem());
    assert_eq!(open(&certificate, Some(&key), None), Ok(()));
}

fn refused(path: &Path) -> Error {
    let error = read_file(path).expect_err("nothing to read").user_error();
    assert_eq!(error.status, ExitStatus::BadData, "{error}");
    error
}

#[test]
fn files_without_an_end_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let fifo = folder.path().join("fifo");
    let made = Command::new("mkfifo").arg(&fifo).status();
    assert!(made.unwrap().success());
    for path in [Path::new("/dev/zero"), &fifo] {
        assert!(refused(path).message.ends_with("not a regular file"));
    }
}

#[test]
fn files_are_read_up_to_one_mebibyte() {
    let file = tempfile::NamedTempFile::new().unwrap();
    file.as_file().set_len(MAX_FILE).unwrap();
    assert_eq!(read_file(file.path()).unwrap().len() as u64, MAX_FILE);
    file.as_file().set_len(MAX_FILE + 1).unwrap();
    let error = refused(file.path());
    assert!(
        error
            .message
            .ends_with("larger than 1 MiB, no file of certificates or keys"),
        "{error}"
    );
}
