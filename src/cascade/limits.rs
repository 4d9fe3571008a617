//! What one request may have of a thing: items of metadata, files put into a server (nova/compute/api.py,
//! `_check_metadata_properties_quota` and `_check_injected_file_quota`; nova/api/openstack/common.py,
//! `check_img_metadata_properties_quota`).

use serde_json::Value;

use crate::api::Call;
use crate::db::quota::resource::{
    INJECTED_FILE_CONTENT_BYTES, INJECTED_FILE_PATH_BYTES, INJECTED_FILES, METADATA_ITEMS,
};
use crate::db::quota::{self, Limits};
use crate::error::{ApiResult, Fault};

/// A field of a body (a JSON pointer) that is limited.
#[derive(Clone, Copy, Debug)]
pub struct Limited {
    pointer: &'static str,
    kind: Kind,
    /// Last minor version at which it is looked at.
    until: u16,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Metadata,
    ImageMetadata,
    Files,
}

impl Limited {
    /// A server's metadata.
    #[must_use]
    pub const fn metadata(pointer: &'static str) -> Self {
        Self { pointer, kind: Kind::Metadata, until: u16::MAX }
    }

    /// Metadata of an image that is made of a server.
    #[must_use]
    pub const fn image(pointer: &'static str) -> Self {
        Self { pointer, kind: Kind::ImageMetadata, until: 38 }
    }

    /// Files put into a server.
    #[must_use]
    pub const fn files(pointer: &'static str) -> Self {
        Self { pointer, kind: Kind::Files, until: 56 }
    }
}

/// Lets a body pass whose fields are within the caller's limits.
///
/// # Errors
/// 403 in Nova's words.
pub async fn check(call: &Call, body: &Value, fields: &[Limited]) -> ApiResult<()> {
    for field in fields.iter().filter(|field| call.version.minor <= field.until) {
        let Some(value) = body.pointer(field.pointer).filter(|value| count(value) > 0) else { continue };
        let limits = of_caller(call).await?;
        let words = match field.kind {
            Kind::Metadata => return metadata(&limits, count(value)),
            Kind::ImageMetadata if limits.allow(METADATA_ITEMS, count(value)) => None,
            Kind::ImageMetadata => Some("Image metadata limit exceeded".to_owned()),
            Kind::Files => files(&limits, value),
        };
        if let Some(words) = words {
            return Err(Fault::forbidden(words));
        }
    }
    Ok(())
}

/// Lets so many items of a server's metadata pass.
///
/// # Errors
/// 403 in Nova's words.
pub fn metadata(limits: &Limits, items: usize) -> ApiResult<()> {
    if limits.allow(METADATA_ITEMS, items) {
        return Ok(());
    }
    let most = limits.get(METADATA_ITEMS);
    Err(Fault::forbidden(format!("Maximum number of metadata items exceeds {most}")))
}

/// The limits of who asks.
///
/// # Errors
/// What the database says.
pub async fn of_caller(call: &Call) -> ApiResult<Limits> {
    let identity = &call.identity;
    Ok(quota::of(&call.app.db, &call.app.config.quota, &identity.project_id, &identity.user_id).await?)
}

fn count(value: &Value) -> usize {
    value.as_object().map(serde_json::Map::len).or_else(|| value.as_array().map(Vec::len)).unwrap_or(0)
}

/// What is too much of the files; their contents count as they are written in the body.
fn files(limits: &Limits, files: &Value) -> Option<String> {
    let longest = |key: &str| {
        let texts = files.as_array().into_iter().flatten().filter_map(|file| file[key].as_str());
        texts.map(|text| text.chars().count()).max().unwrap_or(0)
    };
    if !limits.allow(INJECTED_FILES, count(files)) {
        return Some("Personality file limit exceeded".into());
    }
    let beyond = |resource: &str, key: &str| (!limits.allow(resource, longest(key))).then(|| limits.get(resource));
    if let Some(most) = beyond(INJECTED_FILE_PATH_BYTES, "path") {
        return Some(format!("Personality file path exceeds maximum {most}"));
    }
    let most = beyond(INJECTED_FILE_CONTENT_BYTES, "contents")?;
    Some(format!("Personality file content exceeds maximum {most}"))
}
