use crate::suite::cases; cases!(monitoring: network {} loopback {});
