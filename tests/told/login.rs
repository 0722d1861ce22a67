use crate::suite::cases; cases!(login: network {} loopback {});
