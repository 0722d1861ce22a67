use crate::suite::cases; cases!(certificates: network {} loopback {});
