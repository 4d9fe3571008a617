//! Every fingerprint and refusal here is what Nova 34's own `generate_fingerprint` says of the same text.

use super::fingerprint;

const ED: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4";
const RSA: &str = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQC+MVdkazhV/UYQf27MUYK6KtE/GaBlFzLXQdG/WLn/KDSnOh//iHVSLNxBUw\
                   KIx/oUAhOolnaqPqq5YLus9GhhyvLeJRP1/M7V+Q035LgOxC4X4SmCj12OMqBx4YB/hkuw8sS56uKPcEwilwiFriuIlyTYRVyI3\
                   ooIbu6OoA2FFQ==";
const DSS: &str = "ssh-dss AAAAB3NzaC1kc3MAAACBAMCgqifYoT/lrhCHZI3CBe8WXQFRDjsqJ2eqtgP/Y9J08OxD7jagg8T1y9UDw9sz9yH1JeZUq\
                   RTny7Cp13fHN/T5iFCcVxbUxeDg5ZmsizfDd9ygU19ZPJZxLeumHRHZeW9aLE/JFnTtZ/0T3ZpmbRriTCS6Jg454ruSHbBk68QPAA\
                   AAFQDC6f2sfSmr+OzaUZNh83OduQMIawAAAIEAgWNAsk7HmuSBnCXDrup0YUm1L6gMY7lQmEMEGnYF6S4s8uEcsf/KknUVq3h7E6N\
                   TGdP6YksUKBoUc3fAUJjTSbagkBE3FjOzy88G6eIxy/eEGq0qQRwdq/RxM+82nQ5VL+lFXYsqkzjdV+df0siDsE0dVuU5pj9qMXG9\
                   nvs+i2cAAACAL3Ax/AJ8z9CLiL6GLRMuqbthkBAyKInzGut+8YhWuKxCQf68TMwNewXrFxltIeg/QjFA4yuxPFJ+k4bgEEQzKF9F/\
                   Ld4ZZlLh3CHdmXLJP6HEEZFLPg37Rf7NMZsXLzjWF0siiotVkIMsT/Z5/xXqKLKnRD6z2ZpDYeAA4WMTus=";
const P256: &str = "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBCbvzr0O6eNKZpGH4Ys6kSKy9zOU\
                    W2Scyfn5Ien52tgSkCOL3pzHuzMNFQxncE3SWucFUgV0S28xv0BwdFhy0OY=";
const P384: &str = "ecdsa-sha2-nistp384 AAAAE2VjZHNhLXNoYTItbmlzdHAzODQAAAAIbmlzdHAzODQAAABhBOhrmV41Dk0xKpWmt9XYzc20aC9Y\
                    iAChzWyXLh3LKlrDjZAEaVGwPMs7F5qJ/aiLG0hbnywfRLDdQc5uPDppC7+qvsHh/0rvskYf3aZim+y9Q890wT2MGhYlYSJD8ARh\
                    SA==";
const P521: &str = "ecdsa-sha2-nistp521 AAAAE2VjZHNhLXNoYTItbmlzdHA1MjEAAAAIbmlzdHA1MjEAAACFBAAHbKH6lhOnDoss7Nj2SHeWjjK5\
                    GxbNZRZspEsUOYg6kZ4mPAnP8vfznncOvakFfS8RmIBKHBYPC7meua5vqyj3iwCzEh/lT46D2b3qZD6PegH7bgeR1NRZrFuh6kNL\
                    h9LWudZHal9SHuD2uN485PNHRmAjX4gkDKfQ3bpZoH1JNpK9aw==";
const SK_ED: &str = "sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29tAAAAIAABAgMEBQYHCAkKCwwNDg8QERITF\
                     BUWFxgZGhscHR4fAAAABHNzaDo=";
const SK_EC: &str = "sk-ecdsa-sha2-nistp256@openssh.com AAAAInNrLWVjZHNhLXNoYTItbmlzdHAyNTZAb3BlbnNzaC5jb20AAAAIbmlzdHAyN\
                     TYAAABBBCbvzr0O6eNKZpGH4Ys6kSKy9zOUW2Scyfn5Ien52tgSkCOL3pzHuzMNFQxncE3SWucFUgV0S28xv0BwdFhy0OYAAAAEc\
                     3NoOg==";
const CERTIFIED: &str = "ssh-ed25519-cert-v01@openssh.com AAAAIHNzaC1lZDI1NTE5LWNlcnQtdjAxQG9wZW5zc2guY29tAAAAIP4K7/GjrMvVk\
                         /kwW6vOZ8PgVU1+MSbhwXsDct5+dWGGAAAAINEK2fkoaCAS6ghj2AEKzNNeLmIgaf0YwrEqXq8maweWAAAAAAAAAAAAAAABAAAAA\
                         mlkAAAACgAAAAFhAAAAAWIAAAAAAAAAAP//////////AAAAAAAAAIIAAAAVcGVybWl0LVgxMS1mb3J3YXJkaW5nAAAAAAAAABdwZ\
                         XJtaXQtYWdlbnQtZm9yd2FyZGluZwAAAAAAAAAWcGVybWl0LXBvcnQtZm9yd2FyZGluZwAAAAAAAAAKcGVybWl0LXB0eQAAAAAAA\
                         AAOcGVybWl0LXVzZXItcmMAAAAAAAAAAAAAADMAAAALc3NoLWVkMjU1MTkAAAAgSgGO13OyWL24uZxEhcoRWsk4FHIYmhby4Iu\
                         sJNPVRhwAAABTAAAAC3NzaC1lZDI1NTE5AAAAQDVnNnEUYRC+IvVeIM2UPnuCug3a64dFmrpcY9vsdb6AhqQlfeNuHwIe6G0ZAGUt\
                         0J+nJUsIi/NJ69UqPhcyyQ8= root@host";

#[test]
fn every_type_has_novas_fingerprint() {
    for (key, known) in [
        (ED, "f1:02:17:de:ef:c1:30:83:11:8b:82:a0:0e:67:7f:d5"),
        (RSA, "3a:ad:f5:7d:c5:30:e3:09:ab:b7:c3:b2:c6:7a:98:77"),
        (DSS, "ec:d8:21:a3:94:52:64:12:8a:3b:39:13:67:69:f4:99"),
        (P256, "a0:2f:7a:01:51:78:da:b9:73:3b:31:ac:00:18:13:a5"),
        (P384, "11:cb:e2:46:f6:9b:51:a2:09:ce:42:0f:af:d9:3a:d6"),
        (P521, "00:94:b5:dc:88:d1:4c:36:21:fd:23:7c:eb:72:77:47"),
        (SK_ED, "cf:44:e4:6b:27:42:ed:24:a2:8a:c7:78:81:89:dc:78"),
        (SK_EC, "cb:e7:a6:4f:35:e3:94:90:02:fb:1e:d2:7e:46:f7:01"),
        (CERTIFIED, "cf:b6:f8:9b:ca:48:7b:de:50:a8:a5:d2:a0:9e:5e:a1"),
        // 512 bits, exponent 3.
        (
            "ssh-rsa AAAAB3NzaC1yc2EAAAABAwAAAEEAvaWdhD3G6r04XIjZK2uEKchSELFn0byyn6TNue1uz71cob01aXj/geO8oixUmaEnJFNWLnBz\
             IJjQkf16BNxUNQ==",
            "c9:46:bf:4b:6a:5c:86:c3:00:8c:f6:d4:9b:25:72:24",
        ),
    ] {
        assert_eq!(fingerprint(key).as_deref(), Some(known), "{key}");
        for end in [" me@host", "\n", " a\nb", " é"] {
            assert_eq!(fingerprint(&format!("{key}{end}")).as_deref(), Some(known), "{key}{end}");
        }
    }
}

#[test]
fn text_is_read_as_nova_reads_it() {
    let known = fingerprint(ED);
    for odd in [format!("{ED}="), ED.replace("AAAAC3Nz", "AAAAC3Nz!"), ED.replace("IAOh", "IAOh==")] {
        assert_eq!(fingerprint(&odd), known, "{odd}");
    }
    // The key is good, and its fingerprint that of nothing.
    let nothing = Some("d4:1d:8c:d9:8f:00:b2:04:e9:80:09:98:ec:f8:42:7e".to_owned());
    assert_eq!(fingerprint(&ED.replace(' ', "  ")), nothing);
}

#[test]
fn what_is_no_key_is_refused() {
    let swapped = P256.replace("0OY=", "0Oc=");
    let exponent = |one: &str| {
        format!(
            "ssh-rsa AAAAB3NzaC1yc2EAAAABA{one}AAAAEEAvaWdhD3G6r04XIjZK2uEKchSELFn0byyn6TNue1uz71c\
                                        ob01aXj/geO8oixUmaEnJFNWLnBzIJjQkf16BNxUNQ=="
        )
    };
    for text in [
        "",
        "this is not a key",
        "ssh-rsa",
        "ssh-foo AAAAB3NzaC1mb28AAAAgAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
        // The name inside is another.
        "ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f",
        // 31 bytes; one byte too many.
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAHwABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4=",
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4feA==",
        // For something else than ssh.
        "sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29tAAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR\
         4fAAAAAng6",
        &format!(" {ED}"),
        &ED.replace(' ', "\t"),
        &ED.replace(' ', "\n"),
        &ED.replace(' ', " \n"),
        &format!("{ED}AAAA"),
        &ED[..60],
        // Not on the curve.
        &swapped,
        &P384.replace("nistp384 ", "nistp256 "),
        &CERTIFIED.replace("AAAAAmlk", "AAAAA2lk"),
        // Exponents 1 and 2.
        &exponent("Q"),
        &exponent("g"),
        &RSA.replace("FQ==", "FXh4"),
    ] {
        assert_eq!(fingerprint(text), None, "{text}");
    }
}

#[test]
fn no_text_makes_it_fail() {
    for key in [ED, RSA, P256, CERTIFIED] {
        for end in 0..key.len() {
            let _ = fingerprint(&key[..end]);
        }
        let (name, body) = key.split_once(' ').expect("two words");
        for at in (0..body.len() - 2).step_by(3) {
            let _ = fingerprint(&format!("{name} {}////{}", &body[..at], &body[at..]));
        }
    }
}
