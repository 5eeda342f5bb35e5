//! The head of the answer to the tunnel request.

use vpnc_cli::wire::http_head::{HeadError, MAX_HEAD, parse_response};

/// Parses, and checks that neither what follows the head nor the way it is cut makes a difference.
pub fn run(data: &[u8]) {
    match parse_response(data) {
        Ok(Some(head)) => {
            assert!((1..=data.len().min(MAX_HEAD)).contains(&head.len));
            assert!(head.status <= 999);
            assert_eq!(parse_response(&data[..head.len]), Ok(Some(head.clone())));
            assert_eq!(parse_response(&data[..head.len - 1]), Ok(None));
        }
        Ok(None) => {
            let half = parse_response(&data[..data.len() / 2]);
            assert_eq!(half, Ok(None));
            let endless = [data, &vec![b'a'; MAX_HEAD]].concat();
            assert!(matches!(
                parse_response(&endless),
                Err(HeadError::TooLong | HeadError::Malformed | HeadError::NotHttp)
            ));
        }
        Err(error) => {
            let longer = [data, b"\r\n\r\n"].concat();
            assert_eq!(parse_response(&longer), Err(error));
        }
    }
}
