//! The organisation's key, from the variables of the environment that its settings name: what makes recipients' ids and tokens.
//!
//! Which ledger it belongs to is asked by whoever opens one ([`Ledger::use_key`](crate::ledger::branch::Ledger::use_key)).

use super::error::StartError;
use crate::mail::recipient_id::RecipientKey;
use crate::workspace::settings::Settings;

/// The organisation's key, from the environment.
///
/// # Errors
/// [`StartError::NoSecret`], [`StartError::Key`].
pub fn organisation_key(
    secret: &dyn Fn(&str) -> Option<String>,
    settings: &Settings,
) -> Result<RecipientKey, StartError> {
    let env = &settings.key.env;
    let read = |env: &String| secret(env).ok_or_else(|| StartError::NoSecret(env.clone()));
    let short = |env: &String| {
        let env = env.clone();
        move |source| StartError::Key { env, source }
    };
    let key = RecipientKey::from_secret(read(env)?.as_bytes()).map_err(short(env))?;
    let mut tokens = Vec::new();
    for env in &settings.key.tokens {
        let secret = read(env)?;
        // Each by itself, so that what is said names the right one.
        RecipientKey::from_secret(secret.as_bytes()).map_err(short(env))?;
        tokens.push(secret);
    }
    key.with_token_secrets(tokens.iter().map(String::as_bytes))
        .map_err(short(env))
}

/// What makes recipients' ids alone, where the environment has it: enough to tell who is who, and no token's secret is asked for.
///
/// # Errors
/// [`StartError::Key`].
pub fn recipients_key(
    secret: &dyn Fn(&str) -> Option<String>,
    settings: &Settings,
) -> Result<Option<RecipientKey>, StartError> {
    let env = &settings.key.env;
    let Some(secret) = secret(env).filter(|it| !it.is_empty()) else {
        return Ok(None);
    };
    let key = RecipientKey::from_secret(secret.as_bytes());
    let key = key.map_err(|source| StartError::Key {
        env: env.clone(),
        source,
    })?;
    Ok(Some(key))
}
