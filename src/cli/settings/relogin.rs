//! `--relogin` needs something to sign in with.

use super::usage;
use crate::cli::args::ConnectArgs;
use crate::cli::environment::Environment;
use crate::cli::private_file::credential;
use crate::error::Error;

/// Refuses a cookie as all there is: nobody would be there to ask when it ends.
pub(super) fn check(args: &ConnectArgs, has_cookie: bool, environment: &Environment) -> Result<(), Error> {
    let login = &args.login;
    let has_credentials = login.passwd_on_stdin
        || login.passwd_file.is_some()
        || login.passwd_command.is_some()
        || login.token_secret.is_some()
        || args.trust.certificate.is_some()
        || environment.password.is_some()
        || environment.token_secret.is_some()
        || environment.path("VPNC_PASSWORD_FILE").is_some()
        || ["vpnc.password", "vpnc.token-secret"]
            .iter()
            .any(|name| credential(environment, name).is_some());
    if has_credentials {
        return Ok(());
    }
    if has_cookie && login.user.is_none() && environment.text("VPNC_USER").is_none() {
        return Err(usage("--relogin has nothing to sign in with when the cookie has ended").hint(
            "--user NAME with --passwd-file FILE or --passwd-command COMMAND, and --token-secret @FILE for codes; \
             or leave out --relogin",
        ));
    }
    tracing::warn!(
        "--relogin asks nobody, and neither a password nor a certificate is given: try --passwd-file FILE or \
         --passwd-command COMMAND"
    );
    Ok(())
}
